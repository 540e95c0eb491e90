import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../support/browser-decode.ts';
import { decodeTests } from '../../support/decode-cases.ts';
import { readFixture } from '../../support/fixture.ts';
import { dropAlpha, sha256 } from '../../support/pictures.ts';

decodeTests(decode);

test('WebP with transparency needs no WebGL, which Firefox lacks without a display', async () => {
  const { cases } = JSON.parse(new TextDecoder().decode(await readFixture('pillow/files.json'))) as {
    cases: { file: string; mode: string; stored: { rgb: string } }[];
  };
  const transparent = cases.filter(({ file, mode }) => file.endsWith('.webp') && mode === 'RGBA');
  assert.ok(transparent.length >= 2);
  const scope = OffscreenCanvas.prototype as { getContext: (kind: string) => unknown };
  const { getContext } = scope;
  scope.getContext = function (kind, ...rest: []) {
    return kind === '2d' ? getContext.call(this, kind, ...rest) : null;
  };
  try {
    for (const { file, stored } of transparent) {
      const pixels = await decode(await readFixture(`pillow/${file}`), { orient: false });
      assert.equal(await sha256(dropAlpha(new Uint8Array(pixels.rgba))), stored.rgb, file);
    }
  } finally {
    scope.getContext = getContext;
  }
});

/** A stream that fails when its data end, or anywhere: WebKit's does so where anything follows them. */
const failing = (given: number) =>
  class extends TransformStream<Uint8Array, Uint8Array> {
    constructor() {
      const { writable, readable } = new Native('deflate');
      const writer = writable.getWriter();
      const reader = readable.getReader();
      super({
        async transform(chunk, controller) {
          writer.write(chunk as Uint8Array<ArrayBuffer>).catch(() => {});
          if (given === 0) return;
          const { value } = await reader.read();
          if (value) controller.enqueue(value.subarray(0, given));
          controller.error(new TypeError('failed'));
        },
        flush(controller) {
          controller.error(new TypeError('Extra bytes past the end.'));
        },
      });
    }
  };
const Native = DecompressionStream;

test('a PNG is read to its last line where the browser’s own DecompressionStream fails', async () => {
  for (const file of ['type2-8bit.png', 'many-idat.png']) {
    const png = await readFixture(`pillow/${file}`);
    const { rgba } = await decode(png, { orient: false });
    for (const given of [0, 1, 1000]) {
      (globalThis as { DecompressionStream: unknown }).DecompressionStream = failing(given);
      try {
        for (const cut of [0, 12, 16, 20]) {
          const cutOff = await decode(png.subarray(0, png.length - cut), { orient: false });
          assert.deepEqual(cutOff.rgba, rgba, `${file} less ${cut}, after ${given} bytes`);
        }
        await assert.rejects(decode(png.subarray(0, -60), { orient: false }), /truncated PNG/);
      } finally {
        globalThis.DecompressionStream = Native;
      }
    }
  }
});
