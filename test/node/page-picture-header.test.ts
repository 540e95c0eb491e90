import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPictureHeader } from '../../page/work/picture-header.ts';
import { decode } from '../../src/image/decode.node.ts';
import { orient } from '../../src/image/orient.ts';
import { root, samples } from '../support/cli.ts';

const folder = join(root, 'test/fixtures/pillow');
const files = readdirSync(folder).filter((name) => /\.(jpe?g|png|webp)$/.test(name));

test('the page turns pictures as the library does, and knows their size', async () => {
  assert.ok(files.filter((name) => name.startsWith('exif')).length >= 12);
  let turned = 0;
  for (const name of files) {
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    const read = (isUpright: boolean) => decode(bytes, { orient: isUpright }).catch(() => undefined);
    const [stored, upright] = [await read(false), await read(true)];
    const header = await readPictureHeader(new Blob([bytes]));
    if (!stored || !upright) continue; // damaged: no picture is shown
    if (header === undefined) {
      // Plain WebP: what the browser says holds.
      assert.ok(name.endsWith('.webp'), name);
      assert.deepEqual(upright.rgba, stored.rgba, name);
      continue;
    }
    assert.deepEqual([header.width, header.height], [stored.width, stored.height], name);
    const ours = orient(stored, header.orientation);
    assert.deepEqual([ours.width, ours.height], [upright.width, upright.height], name);
    assert.ok(Buffer.from(ours.rgba).equals(Buffer.from(upright.rgba)), name);
    if (header.orientation !== 1) turned++;
  }
  assert.ok(turned >= 10, `${turned}`);
});

test('what is cut off, damaged or of another format has no header, and is no error', async () => {
  const [first] = readdirSync(samples);
  const sources = [join(samples, first!), join(folder, 'exif-6.webp'), join(folder, 'exif-6.png')];
  for (const bytes of sources.map((path) => readFileSync(path)))
    for (const length of [0, 1, 3, 11, 20, 33, 100, 150])
      await readPictureHeader(new Blob([bytes.subarray(0, length)]));
  for (const text of ['', 'GIF89a', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'RIFF\0\0\0\0WEBPVP8X'])
    assert.equal(await readPictureHeader(new Blob([text])), undefined);
});
