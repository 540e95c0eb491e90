import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { language } from '../../../page/texts/language.ts';
import { unreadableText } from '../../../page/texts/unreadable.ts';
import { decodeBmp } from '../../../src/image/bmp.ts';
import { checkSize } from '../../../src/image/check.ts';
import { notAPicture } from '../../../src/image/format.ts';
import { decodeGif } from '../../../src/image/gif.ts';
import { readJpeg } from '../../../src/image/jpeg.ts';

after(() => {
  language.value = 'en';
});

const messageOf = (work: () => unknown): string => {
  try {
    const made = work();
    if (made instanceof Error) return made.message;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was read');
};
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What the library says itself, where it says it. */
const said = [
  messageOf(() => notAPicture(bytes())),
  messageOf(() => notAPicture(text('<!doctype html>'))),
  messageOf(() => notAPicture(text('\0\0\0\x18ftypheic\0\0\0\0'))),
  messageOf(() => readJpeg(bytes(0xff, 0xd8, 0xff))),
  messageOf(() => readJpeg(bytes(0xff, 0xd8, 0xff, 0xc9, 0, 8, 8, 0, 1, 0, 1, 1))),
  messageOf(() => readJpeg(bytes(0xff, 0xd8, 0xff, 0x02, 0, 2))),
  messageOf(() => decodeBmp(text('BM'))),
  messageOf(() => decodeGif(text('GIF89a'))),
  messageOf(() => checkSize(70_000, 70_000, 'the JPEG')),
  messageOf(() => checkSize(0, 5, 'the JPEG')),
];

test('why a picture cannot be read is said in Chinese, with formats and numbers; in English as the library says it', () => {
  for (const why of said) {
    language.value = 'en';
    assert.equal(unreadableText(why), why);
    language.value = 'zh';
    const chinese = unreadableText(why);
    assert.ok(!/[a-z]{3}/.test(chinese.replace('Safari', '')), `${why}: ${chinese}`);
    assert.match(chinese, /[\u4e00-\u9fff]/, why);
  }
  assert.equal(unreadableText('something new'), 'something new');
});
