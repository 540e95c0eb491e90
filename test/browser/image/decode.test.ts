import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../../src/image/decode.browser.ts';
import { decodeTests } from '../../support/decode-cases.ts';
import { readFixture } from '../../support/fixture.ts';
import { dropAlpha } from '../../support/pictures.ts';

decodeTests(decode, 'browser');

test('CMYK JPEG files are off by one at most', async () => {
  const pixels = await decode(await readFixture('pillow/cmyk.jpg'), { orient: false });
  const pillow = await readFixture('pillow/cmyk.rgb');
  const rgb = dropAlpha(pixels.rgba);
  assert.equal(rgb.length, pillow.length);
  assert.ok(rgb.every((byte, i) => Math.abs(byte - pillow[i]!) <= 1));
});
