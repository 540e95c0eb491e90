// A region of a picture: Pillow's crop, then its resize, to the byte.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensurePython } from '../../../scripts/python.mjs';
import { crop } from '../../../src/image/crop.ts';
import { decode } from '../../../src/image/decode.node.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { resize } from '../../../src/image/resize.ts';
import { ImageSearch } from '../../../src/node.ts';
import { withFolder } from '../../support/cli.ts';
import { dropAlpha } from '../../support/pictures.ts';

/** Pictures of all modes, and of each some regions: as Pillow cuts them out and resizes them. */
const script = `
import json, sys, warnings
import numpy as np
from PIL import Image, ImageOps
folder = sys.argv[1]
random = np.random.RandomState(7)
W, H = 83, 61
def smooth(channels):
    small = random.randint(0, 256, (7, 9, channels)).astype(np.uint8)
    planes = [Image.fromarray(small[:, :, c]).resize((W, H), Image.BICUBIC) for c in range(channels)]
    return np.stack([np.array(plane) for plane in planes], 2)
rgb = Image.fromarray(smooth(3))
rgba = Image.fromarray(smooth(4), 'RGBA')
half = smooth(4); half[:, W // 2:, 3] = 255
grey = Image.fromarray(smooth(1)[:, :, 0])
deep = Image.fromarray((smooth(1)[:, :, 0].astype(np.uint16) * 3))
cmyk = Image.fromarray(smooth(4), 'CMYK')
files = [('rgb.png', rgb, {}), ('rgba.png', rgba, {}), ('half.png', Image.fromarray(half, 'RGBA'), {}),
  ('grey.png', grey, {}), ('la.png', Image.merge('LA', (grey, Image.fromarray(smooth(1)[:, :, 0]))), {}),
  ('palette.png', rgb.quantize(37), {}), ('palette.gif', rgb.quantize(20), {}), ('one.png', grey.convert('1'), {}),
  ('deep.png', deep, {}), ('deep.tif', deep, {}), ('cmyk.jpg', cmyk, {'quality': 95}), ('plain.jpg', rgb, {'quality': 90}),
  ('plain.bmp', rgb, {}), ('lossless.webp', rgb, {'lossless': True})]
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x112] = orientation
    files.append((f'turned-{orientation}.jpg', rgb, {'quality': 90, 'exif': exif.tobytes()}))
cases = []
for name, image, options in files:
    image.save(f'{folder}/{name}', **options)
    upright = ImageOps.exif_transpose(Image.open(f'{folder}/{name}'))
    w, h = upright.size
    boxes = [(0, 0, w, h), (w - 1, h - 1, w, h), (w // 2 + 1, 0, w, h)]
    for _ in range(4):
        x, y = random.randint(0, w - 1), random.randint(0, h - 1)
        boxes.append((x, y, random.randint(x + 1, w + 1), random.randint(y + 1, h + 1)))
    for at, box in enumerate(map(lambda box: tuple(map(int, box)), boxes)):
        size = [(24, 24), (32, 17), (box[2] - box[0], box[3] - box[1])][at % 3]
        # Bicubic where Pillow can; of 16-bit grey it clips nothing by itself.
        out = upright.crop(box).resize(size)
        if ';16' in out.mode: out = Image.fromarray(np.minimum(np.array(out), 255).astype(np.uint8))
        out = out.convert('RGB')
        cases.append([name, box, size, out.tobytes().hex()])
json.dump(cases, sys.stdout)
`;

const bytesOf = ({ rgba, gray }: Pixels): string => (gray ?? rgba).toString();

type Box = [left: number, top: number, right: number, bottom: number];
type Case = [name: string, box: Box, size: [width: number, height: number], rgb: string];

test('a region equals Pillow’s crop and resize, of all modes and orientations', () =>
  withFolder(async (folder) => {
    const options = { maxBuffer: 1 << 26, encoding: 'utf8' as const };
    const cases: Case[] = JSON.parse(execFileSync(ensurePython(), ['-c', script, folder], options));
    assert.ok(cases.length >= 21 * 7);
    const search = await ImageSearch.open();
    const wrong: string[] = [];
    for (const [name, [x, y, right, bottom], [width, height], rgb] of cases) {
      const region = { x, y, width: right - x, height: bottom - y };
      const file = join(folder, name);
      const whole = await decode(await readFile(file), { orient: true });
      const before = bytesOf(whole);
      const small = resize(crop(whole, region), { width, height, resample: 'bicubic' });
      if (Buffer.from(dropAlpha(small)).toString('hex') !== rgb)
        wrong.push(`${name} ${JSON.stringify(region)}`);
      assert.equal(bytesOf(whole), before);
      if (name !== 'turned-6.jpg') continue;
      // The same pixels go into the network.
      const found = await search.extract(file, { region });
      assert.deepEqual(found, await search.extract(crop(whole, region)));
    }
    assert.deepEqual(wrong, []);
    await search.close();
  }));
