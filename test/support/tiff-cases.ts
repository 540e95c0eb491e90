// What `decode` must make of the files that scripts/fixtures/tiff.py writes.
import assert from 'node:assert/strict';
import { LikenessError } from '../../src/base/errors.ts';
import type { Pixels } from '../../src/image/pixels.ts';
import { resize } from '../../src/image/resize.ts';
import type { decode as browserDecode } from './browser-decode.ts';
import { dropAlpha, sha256 } from './pictures.ts';

export interface TiffCase {
  file: string;
  /** `read`: equal to Pillow, if Pillow reads it; `refused`: by us, whatever Pillow does. */
  want: 'read' | 'refused' | 'either';
  error?: string;
  mode: string;
  size: [number, number];
  rgb: string;
  rgb24x20: string;
  rgb80x90: string;
}

/** Our mode for each of Pillow's. */
const modes: Record<string, string> = {
  '1': 'P',
  P: 'P',
  'I;16': 'I;16',
  'I;16B': 'I;16',
  L: 'RGB',
  RGB: 'RGB',
  RGBX: 'RGB',
  LA: 'RGBA',
  RGBA: 'RGBA',
  CMYK: 'CMYK',
};

/** The picture, or the message that it is refused with; any other error is thrown on. */
export async function tryToDecode(
  decode: typeof browserDecode,
  bytes: Uint8Array,
  orient = false,
): Promise<Pixels | string> {
  try {
    return await decode(bytes, { orient });
  } catch (error) {
    assert.ok(error instanceof LikenessError && error.code === 'bad-image', String(error));
    assert.ok(!error.message.includes('\n'), error.message);
    return error.message;
  }
}

/** What is wrong with our answer to a file; nothing where it is right. */
export async function faultsOf(
  decode: typeof browserDecode,
  bytes: Uint8Array,
  expected: TiffCase,
): Promise<string[]> {
  const pixels = await tryToDecode(decode, bytes);
  const faults: string[] = [];
  const say = (what: string) => faults.push(`${expected.file}: ${what}`);
  if (typeof pixels === 'string') {
    if (!expected.error && expected.want === 'read') say(`refused: ${pixels}`);
    if (!/^(broken TIFF|truncated TIFF|TIFF with|the TIFF is|a (strip|tile) of the TIFF is)/.test(pixels))
      say(`refused with ${JSON.stringify(pixels)}`);
    return faults;
  }
  if (expected.error) say(`read; Pillow says ${expected.error}`);
  else if (expected.want === 'refused') say('read');
  else {
    const at = async (width: number, height: number) =>
      sha256(dropAlpha(resize(pixels, { width, height, resample: 'bicubic' })));
    if (`${[pixels.width, pixels.height]}` !== `${expected.size}`) say('size');
    if (pixels.mode !== modes[expected.mode]) say(`mode ${pixels.mode}; Pillow's is ${expected.mode}`);
    if ((await at(pixels.width, pixels.height)) !== expected.rgb) say('pixels');
    if ((await at(24, 20)) !== expected.rgb24x20) say('made smaller');
    if ((await at(80, 90)) !== expected.rgb80x90) say('made larger');
    // Upright as it is loaded already.
    assert.deepEqual(await decode(bytes, { orient: true }), pixels);
  }
  return faults;
}
