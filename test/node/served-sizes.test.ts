import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { shownSize, sizeIn } from '../../src/cli/serve/shown-size.ts';
import { readSizes } from '../../src/cli/serve/sizes.ts';
import { decode } from '../../src/image/decode.node.ts';
import { root, withFolder } from '../support/cli.ts';

const fixtures = join(root, 'test/fixtures/pillow');
const pictures = readdirSync(fixtures).filter((name) => /\.(jpg|png|gif|bmp|webp)$/.test(name));

test('files say how large they are, as the decoder finds them', async () => {
  assert.ok(pictures.length > 60);
  for (const name of pictures) {
    // Its first frame makes the picture larger than its header says.
    if (name === 'frame-beyond-screen.gif') continue;
    const size = await shownSize(join(fixtures, name));
    const { width, height } = await decode(await readFile(join(fixtures, name)), { orient: true });
    // Orientation is read in JPEG alone: other formats with EXIF data are rare.
    const isTurned = /^exif-[5-8].*\.(png|webp)$/.test(name);
    assert.deepEqual(size, isTurned ? [height, width] : [width, height], name);
  }
});

test('long metadata in front are read through; what is no picture has no size', () =>
  withFolder(async (folder) => {
    const jpeg = await readFile(join(fixtures, 'exif-6.jpg'));
    const padding = Buffer.alloc(65_000, 0xff);
    padding.set([0xff, 0xec, (padding.length - 2) >> 8, (padding.length - 2) & 0xff]);
    const long = join(folder, 'long.jpg');
    await writeFile(long, Buffer.concat([jpeg.subarray(0, 2), padding, padding, jpeg.subarray(2)]));
    assert.deepEqual(await shownSize(long), await shownSize(join(fixtures, 'exif-6.jpg')));
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('no picture'),
      jpeg.subarray(0, 20),
      Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(100)]),
      (await readFile(join(fixtures, 'lossy.webp'))).subarray(0, 24),
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(40)]),
    ]) {
      await writeFile(join(folder, 'odd'), bytes);
      assert.equal(await shownSize(join(folder, 'odd')), undefined);
    }
    // Cut anywhere, a file is read without a fault.
    for (const name of ['exif-6.jpg', 'lossy.webp', 'lossless.webp', 'grey.gif', 'raw-8.bmp']) {
      const whole = await readFile(join(fixtures, name));
      for (let end = 0; end < Math.min(whole.length, 700); end++) sizeIn(whole.subarray(0, end));
    }
  }));

test('a server reads sizes of its own pictures: none through links that lead out, 0 where a file is gone', () =>
  withFolder(async (folder) => {
    const inside = join(folder, 'pictures');
    await mkdir(join(inside, 'a'), { recursive: true });
    await copyFile(join(fixtures, 'exif-6.jpg'), join(inside, 'a/1.jpg'));
    await symlink(join(fixtures, 'grey.jpg'), join(inside, 'link.jpg'));
    const ids = ['gone.jpg', 'a/1.jpg', 'link.jpg', '../escape.jpg', 'a', '\0'];
    await copyFile(join(fixtures, 'grey.jpg'), join(folder, 'escape.jpg'));
    const [width, height] = (await shownSize(join(fixtures, 'exif-6.jpg')))!;
    assert.deepEqual(await readSizes(inside, ids, false)(), [0, 0, width, height, 0, 0, 0, 0, 0, 0, 0, 0]);
    const followed = await readSizes(inside, ids, true)();
    assert.deepEqual(followed.slice(4, 6), await shownSize(join(fixtures, 'grey.jpg')));
  }));
