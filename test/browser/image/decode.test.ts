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
