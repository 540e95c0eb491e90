import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LikenessError } from '../../../src/base/errors.ts';
import { fileText, parseJson } from '../../../src/base/json.ts';

const text = '["a/ä.jpg", "東京.jpg", "🙂"]';
const wanted = ['a/ä.jpg', '東京.jpg', '🙂'];

function utf16(littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff, littleEndian);
  for (let i = 0; i < text.length; i++) view.setUint16(2 + 2 * i, text.charCodeAt(i), littleEndian);
  return bytes;
}

const utf8 = new TextEncoder().encode(text);
const withMark = new Uint8Array([0xef, 0xbb, 0xbf, ...utf8]);

test('JSON is read with and without each byte order mark', () => {
  for (const bytes of [utf8, withMark, utf16(true), utf16(false)]) {
    assert.deepEqual(parseJson(bytes, 'ids.json'), wanted);
    assert.equal(fileText(bytes, 'ids.json'), text);
  }
  assert.equal(fileText(new Uint8Array(0), 'ids.json'), '');
  assert.throws(() => parseJson(new Uint8Array(0), 'ids.json'), { code: 'bad-file' });
});

test('what is no JSON, or no UTF-8, is an error that names the file', () => {
  // Latin-1, and UTF-8 that was cut: read leniently, both would give ids that no file has.
  const latin = Uint8Array.from('["Z\u00fcrich.jpg"]', (letter) => letter.charCodeAt(0));
  const cases: [Uint8Array, RegExp][] = [
    [latin, /^ids\.json is no text in UTF-8/],
    [utf8.subarray(0, 5), /^ids\.json is no text in UTF-8/],
    [new TextEncoder().encode('[NaN]'), /^ids\.json is not JSON: /],
    [new Uint8Array([0xef, 0xbb, 0xbf]), /^ids\.json is not JSON: /],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(
      () => parseJson(bytes, 'ids.json'),
      (error) => error instanceof LikenessError && error.code === 'bad-file' && message.test(error.message),
    );
  }
});
