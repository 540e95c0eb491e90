import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { errorText } from '../../../page/texts/errors.ts';
import { language } from '../../../page/texts/language.ts';
import { type ErrorCode, LikenessError } from '../../../src/base/errors.ts';

/** All of them: a code without a sentence does not compile. */
const codes: Record<ErrorCode, true> = {
  'bad-argument': true,
  'bad-image': true,
  'bad-model': true,
  'model-mismatch': true,
  'bad-file': true,
  'newer-format': true,
  'not-found': true,
  'in-use': true,
  'out-of-memory': true,
  'no-backend': true,
  'device-lost': true,
  locked: true,
  'read-only': true,
  'storage-full': true,
  'storage-denied': true,
  'storage-failed': true,
  'server-failed': true,
  'access-denied': true,
  unsupported: true,
  closed: true,
};

after(() => {
  language.value = 'en';
});

test('every code of the library has a sentence in both languages; the library’s own words are the detail', () => {
  const seen = new Set<string>();
  for (const code of Object.keys(codes) as ErrorCode[]) {
    const error = new LikenessError(code, `details of ${code}`);
    language.value = 'en';
    const english = errorText(error);
    language.value = 'zh';
    const chinese = errorText(error);
    assert.equal(english.detail, `details of ${code}`);
    assert.equal(chinese.detail, `details of ${code}`);
    assert.match(english.text, /^[A-Z][^\p{Script=Han}]+\.$/u);
    assert.match(chinese.text, /\p{Script=Han}.*。$/u);
    assert.ok(!/[a-z]-[a-z]+ code|undefined/.test(english.text));
    seen.add(english.text).add(chinese.text);
  }
  assert.equal(seen.size, 2 * Object.keys(codes).length, 'no two are the same');
});

test('an error of another realm is told by its code; a failed fetch as such; others are told as they are', () => {
  language.value = 'en';
  assert.match(errorText({ code: 'locked', message: 'x' }).text, /Another tab/);
  for (const message of ['Failed to fetch', 'NetworkError when attempting to fetch resource.', 'Load failed'])
    assert.deepEqual(errorText(new TypeError(message)).detail, message);
  assert.deepEqual(errorText(new Error('There are no files in what was given.')), {
    text: 'There are no files in what was given.',
  });
  assert.deepEqual(errorText('plain'), { text: 'plain' });
  assert.deepEqual(errorText({ code: 'toString', message: 'x' }).detail, undefined);
  assert.deepEqual(errorText(new DOMException('no', 'DataError')), { text: 'no' });
});
