// Sources of the page, posted to a worker (this very file, started again) and decoded there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { transferOf } from '../../../src/base/rpc.ts';
import type { ImageSource } from '../../../src/image/image-source.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { type PostedImage, toPixels, toTransferable } from '../../../src/image/source.ts';
import { decode } from '../../support/browser-decode.ts';
import { readFixture } from '../../support/fixture.ts';
import { needs } from '../../support/needs.ts';
import { picture } from '../../support/pictures.ts';

const isPage = typeof document !== 'undefined';

if (!isPage) {
  self.onmessage = async ({ data }: MessageEvent<{ picture: PostedImage; orient: boolean }>) => {
    try {
      postMessage({ pixels: await toPixels(data.picture, { orient: data.orient }, decode) });
    } catch (error) {
      postMessage({ error: String(error) });
    }
  };
}

let worker: Worker;
const url = (name: string) => `/test/fixtures/pillow/${name}`;

/** Through the worker, the way a search takes it. */
async function travel(source: ImageSource, orient = true): Promise<Pixels> {
  const picture = await toTransferable(source);
  const answer = new Promise<{ pixels: Pixels; error?: string }>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage({ picture, orient }, transferOf(picture));
  const { pixels, error } = await answer;
  if (error) throw new Error(error);
  return pixels;
}

function same(actual: Pixels, expected: Pixels, name: string): void {
  assert.deepEqual([actual.width, actual.height], [expected.width, expected.height], name);
  assert.equal(actual.rgba.length, expected.rgba.length, name);
  const wrong = actual.rgba.findIndex((byte, i) => byte !== expected.rgba[i]);
  assert.equal(wrong, -1, `${name}: first wrong byte`);
}

async function loaded(src: string): Promise<HTMLImageElement> {
  const element = new Image();
  element.src = src;
  await element.decode();
  return element;
}

before(() => {
  worker = new Worker(import.meta.url, { type: 'module' });
});
after(() => worker.terminate());

test('files in every form give the pixels of the file', async () => {
  for (const name of [
    'colour-420.jpg',
    'exif-6.jpg',
    'type6-8bit.png',
    'plain.gif',
    'lossless-low-alpha.webp',
  ]) {
    const bytes = await readFixture(`pillow/${name}`);
    const blob = new Blob([bytes]);
    const blobUrl = URL.createObjectURL(blob);
    const dataUrl = `data:;base64,${btoa(String.fromCharCode(...bytes))}`;
    for (const orient of [false, true]) {
      const expected = await decode(bytes, { orient });
      const sources: Record<string, ImageSource> = {
        bytes,
        blob,
        file: new File([bytes], name),
        string: url(name),
        URL: new URL(url(name), location.href),
        'data URL': dataUrl,
        'blob URL': blobUrl,
        img: await loaded(url(name)),
        'img of a data URL': await loaded(dataUrl),
        'img of a blob URL': await loaded(blobUrl),
      };
      for (const [form, source] of Object.entries(sources))
        same(await travel(source, orient), expected, `${name} as ${form}`);
    }
    // The file is gone; the element still shows it.
    const element = await loaded(blobUrl);
    URL.revokeObjectURL(blobUrl);
    if (name.endsWith('.jpg'))
      same(await travel(element), await decode(bytes, { orient: true }), `${name} as img without its file`);
  }
});

test('an SVG in an <img> is read as it is shown', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4"><rect width="8" height="4" fill="#369"/></svg>';
  const pixels = await travel(await loaded(`data:image/svg+xml,${encodeURIComponent(svg)}`));
  assert.deepEqual([pixels.width, pixels.height], [8, 4]);
  assert.deepEqual(Array.from(pixels.rgba.slice(0, 4)), [0x33, 0x66, 0x99, 255]);
});

/** Alpha is read exactly through WebGL 2 only. */
const exactAlpha = await needs('webgl2');

for (const alpha of ['opaque', 'transparent'] as const) {
  const name = `${alpha} bitmaps, canvases, image data and pixels keep their bytes and stay usable`;
  test(name, alpha === 'transparent' ? exactAlpha : {}, async () => {
    const [width, height] = [23, 17];
    const noise = picture('noise', 3, width, height);
    const rgba = alpha === 'transparent' ? noise : noise.map((byte, i) => ((i & 3) === 3 ? 255 : byte));
    const expected: Pixels = { width, height, rgba };
    const data = new ImageData(new Uint8ClampedArray(rgba), width, height);
    const bitmap = await createImageBitmap(data, { premultiplyAlpha: 'none' });
    for (let i = 0; i < 2; i++) {
      same(await travel(expected), expected, 'pixels');
      same(await travel(data), expected, 'ImageData');
      same(await travel(bitmap), expected, 'ImageBitmap');
    }
    const element = document.createElement('canvas');
    for (const canvas of [element, new OffscreenCanvas(width, height)]) {
      Object.assign(canvas, { width, height });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      context.putImageData(data, 0, 0);
      // A canvas has rounded transparent colours already: it is right about what it holds.
      const held = { width, height, rgba: context.getImageData(0, 0, width, height).data };
      for (let i = 0; i < 2; i++) same(await travel(canvas), held, 'canvas');
    }
  });
}

test('16-bit pixels keep their values', async () => {
  const gray = Uint16Array.of(1, 65535);
  const pixels: Pixels = { width: 2, height: 1, rgba: new Uint8Array(0), mode: 'I', gray };
  assert.deepEqual(await travel(pixels), pixels);
  assert.equal(gray.length, 2);
});

test('a canvas is taken as it is at the call', async () => {
  const canvas = new OffscreenCanvas(2, 2);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.fillStyle = '#f00';
  context.fillRect(0, 0, 2, 2);
  const taken = toTransferable(canvas);
  context.fillStyle = '#00f';
  context.fillRect(0, 0, 2, 2);
  const { rgba } = await toPixels(await taken, { orient: true }, decode);
  assert.deepEqual(Array.from(rgba.slice(0, 4)), [255, 0, 0, 255]);
});

for (const alpha of ['opaque', 'transparent'] as const) {
  const name = `large, long and wide ${alpha} bitmaps come back whole`;
  test(name, alpha === 'transparent' ? exactAlpha : {}, async () => {
    for (const [width, height] of [
      [3000, 1500],
      [40_000, 3],
      [3, 40_000],
    ] as [number, number][]) {
      const rgba = new Uint8ClampedArray(width * height * 4);
      for (let i = 0; i < rgba.length; i++) {
        rgba[i] = (i & 3) === 3 && alpha === 'opaque' ? 255 : (i * 2654435761) >>> 24;
      }
      const bitmap = await createImageBitmap(new ImageData(rgba, width, height), {
        premultiplyAlpha: 'none',
      });
      same(await travel(bitmap), { width, height, rgba }, `${width}×${height}`);
    }
  });
}

test('many transparent pictures at once', async () => {
  const bytes = await readFixture('pillow/lossless-low-alpha.webp');
  const expected = await decode(bytes, { orient: true });
  const all = await Promise.all(Array.from({ length: 40 }, () => decode(bytes, { orient: true })));
  for (const pixels of all) same(pixels, expected, 'one of 40');
});

test('what cannot be read is named', async () => {
  const fails = (source: unknown, code: string, message: RegExp) =>
    assert.rejects(toTransferable(source as never), {
      name: 'LikenessError',
      code,
      message,
    });
  await fails(url('missing.jpg'), 'not-found', /missing\.jpg cannot be fetched: HTTP 404/);
  await fails('http://localhost:1/x.jpg', 'not-found', /localhost:1\/x\.jpg/);
  await fails(new Image(), 'bad-image', /has no src/);
  const missing = new Image();
  missing.src = url('missing.jpg');
  await fails(missing, 'not-found', /missing\.jpg/);
  await fails(new OffscreenCanvas(0, 0), 'bad-image', /canvas \(0 × 0\)/);
  const closed = await createImageBitmap(new ImageData(2, 2));
  closed.close();
  await fails(closed, 'bad-image', /ImageBitmap \(0 × 0\)/);
  await fails(undefined, 'bad-argument', /undefined; wanted/);
  await fails(document.body, 'bad-argument', /HTMLBodyElement; wanted/);
  await fails({ width: 2, height: 2, rgba: new Uint8Array(3) }, 'bad-image', /16 bytes.*3/);
});

test('a signal ends reading with its reason', async () => {
  const reason = new Error('enough');
  for (const source of [url('grey.jpg'), new Blob(), new Image()])
    await assert.rejects(
      toTransferable(source, { signal: AbortSignal.abort(reason) }),
      (error: unknown) => error === reason,
    );
  const controller = new AbortController();
  const pending = toTransferable(url('grey.jpg'), { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(pending, (error: unknown) => error === reason);
});
