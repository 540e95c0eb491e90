// What `decode` must make of the AVIF files that scripts/fixtures/avif.py writes; in Node and in the tests' page.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { readAvifHeader } from '../../src/image/avif/boxes.ts';
import { orient } from '../../src/image/orient.ts';
import type { decode as browserDecode } from './browser-decode.ts';
import { readRepositoryFile } from './fixture.ts';
import { sha256 } from './pictures.ts';
import { seeded } from './random.ts';
import { tryToDecode } from './tiff-cases.ts';

type Decode = typeof browserDecode;

/** EXIF orientation of the files that are stored turned. */
const turned: Record<string, number> = {
  'irot-1': 8,
  'irot-2': 3,
  'irot-3': 6,
  'imir-0': 4,
  'imir-1': 2,
  'irot-0-imir-0': 4,
  'irot-0-imir-1': 2,
  'irot-1-imir-0': 5,
  'irot-1-imir-1': 7,
  'irot-2-imir-0': 2,
  'irot-2-imir-1': 4,
  'irot-3-imir-0': 7,
  'irot-3-imir-1': 5,
};

export function avifTests(decode: Decode): void {
  /** sha256 of the stored pixels of each file. */
  let sums: Record<string, string> = {};
  const read = (name: string) => readRepositoryFile(`test/cases/avif/${name}`);
  before(async () => {
    sums = JSON.parse(new TextDecoder().decode(await read('sums.json')));
  });

  describe('AVIF', () => {
    test('is read as Pillow reads it, but for roundings; the same bytes everywhere', async () => {
      const names = Object.keys(sums);
      assert.ok(names.length >= 30, `only ${names.length} files`);
      const found: Record<string, string> = {};
      for (const name of names) {
        const bytes = await read(`${name}.avif`);
        const stored = await decode(bytes, { orient: false });
        found[name] = await sha256(new Uint8Array(stored.rgba));
        const upright = await decode(new Blob([bytes]), { orient: true });
        assert.deepEqual(upright, orient(stored, turned[name] ?? 1), `${name}: orientation`);
        const pillow = await decode(await read(`${name}.png`), { orient: false });
        assert.equal(`${[upright.width, upright.height]}`, `${[pillow.width, pillow.height]}`, name);
        const isOpaque = pillow.rgba.every((byte, i) => (i & 3) !== 3 || byte === 255);
        assert.equal(upright.mode, isOpaque ? 'RGB' : 'RGBA', name);
        let max = 0;
        let product = 0;
        let ours = 0;
        let theirs = 0;
        for (let i = 0; i < pillow.rgba.length; i++) {
          // Colour counts by its alpha, as in a resize: where that is low, dividing by it makes much of a rounding.
          const weight = (i & 3) === 3 ? 1 : pillow.rgba[i | 3]! / 255;
          const a = upright.rgba[i]! * weight;
          const b = pillow.rgba[i]! * weight;
          max = Math.max(max, Math.abs(a - b));
          product += a * b;
          ours += a * a;
          theirs += b * b;
        }
        // Without colour to convert there is nothing to round. Else we convert exactly; Pillow's libyuv is up to 9 away
        // (BT.709 of limited range).
        const limit = /^(400|identity|lossless)/.test(name) ? 0 : 9;
        assert.ok(max <= limit, `${name}: up to ${max}`);
        assert.ok(product / Math.sqrt(ours * theirs) > 0.9998, `${name}: cosine`);
      }
      assert.deepEqual(found, sums);
    });

    test('a file that leaves out how many bits its channels have is read as with that', async () => {
      // As older libheif wrote them; libavif insists on the property.
      for (const name of Object.keys(sums)) {
        const bytes = await read(`${name}.avif`);
        if (name === 'sequence') continue;
        const latin1 = new TextDecoder('latin1');
        let found = 0;
        for (let at = latin1.decode(bytes).indexOf('pixi'); at >= 0; found++) {
          bytes.set([120, 120, 120, 120], at);
          at = latin1.decode(bytes).indexOf('pixi');
        }
        assert.ok(found > 0, name);
        const before = bytes.slice();
        const { rgba } = await decode(bytes, { orient: false });
        assert.equal(await sha256(new Uint8Array(rgba)), sums[name], name);
        assert.deepEqual(bytes, before, name);
        // Its last box, that of the pixels, goes on to the end of the file.
        const last = latin1.decode(bytes).lastIndexOf('mdat') - 4;
        new DataView(bytes.buffer, bytes.byteOffset).setUint32(last, 0);
        const open = await decode(bytes, { orient: false });
        assert.equal(await sha256(new Uint8Array(open.rgba)), sums[name], `${name}, without a length`);
        // Cut so, and what is missing must not be looked for in anything else.
        for (const missing of [1, 20, 100]) {
          const cut = bytes.slice(0, -missing);
          assert.equal(typeof (await tryToDecode(decode, cut)), 'string', `${name}, ${missing} bytes less`);
          assert.equal(readAvifHeader(cut).file, cut, `${name}, ${missing} bytes less`);
        }
      }
    });

    test('a file that is cut is refused, wherever it is cut', async () => {
      for (const name of ['420-full', 'alpha-limited', 'grid', 'grid-alpha', 'sequence']) {
        const bytes = await read(`${name}.avif`);
        for (const part of [0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1 - 1 / bytes.length]) {
          const cut = bytes.slice(0, Math.floor(bytes.length * part));
          const result = await tryToDecode(decode, cut);
          assert.equal(typeof result, 'string', `${name}, the first ${part} of it`);
          assert.match(result as string, /AVIF|not a picture/);
        }
        // Cut, and its last box, that of the pixels, says that this is all.
        const at = new TextDecoder('latin1').decode(bytes).lastIndexOf('mdat') - 4;
        const half = bytes.slice(0, at + Math.floor((bytes.length - at) / 2));
        new DataView(half.buffer).setUint32(at, half.length - at);
        if (name === 'sequence') continue; // its first picture is there
        assert.equal(typeof (await tryToDecode(decode, half)), 'string', `${name}, its last box cut`);
      }
    });

    test('a file with changed bytes is read or refused, and a sound one is read after it', async () => {
      const random = seeded(5);
      for (const name of ['420-limited', 'grid-alpha', 'irot-1-imir-0']) {
        const bytes = await read(`${name}.avif`);
        for (let round = 0; round < 60; round++) {
          const changed = bytes.slice();
          for (let n = 0; n < 2; n++) changed[Math.floor(random() * changed.length)] = random() * 256;
          await tryToDecode(decode, changed, true);
        }
        const sound = await decode(bytes, { orient: false });
        assert.equal(await sha256(new Uint8Array(sound.rgba)), sums[name]);
      }
    });

    test('a size that is absurd is refused before anything is decoded', async () => {
      const bytes = (await read('420-full.avif')).slice();
      const at = new TextDecoder('latin1').decode(bytes).indexOf('ispe');
      new DataView(bytes.buffer).setUint32(at + 8, 70_000);
      new DataView(bytes.buffer).setUint32(at + 12, 70_000);
      assert.match((await tryToDecode(decode, bytes)) as string, /the AVIF is 70000 × 70000/);
    });

    test('several at a time, and nothing is left in the global scope', async () => {
      const had = 'ImageData' in globalThis;
      const names = ['420-full', 'grid', '10-bit-alpha', 'sequence', 'lossless-alpha'];
      const files = await Promise.all(names.map((name) => read(`${name}.avif`)));
      const all = await Promise.all(files.map((bytes) => decode(bytes, { orient: false })));
      for (const [i, { rgba }] of all.entries())
        assert.equal(await sha256(new Uint8Array(rgba)), sums[names[i]!]);
      assert.equal('ImageData' in globalThis, had);
    });
  });
}
