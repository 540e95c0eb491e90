import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { samples } from './cli.ts';
import { seeded } from './random.ts';

/**
 * Fills a folder with photographs: the samples, then the samples with other crops, colours and sides, as often as it
 * takes. The same number gives the same pictures. Those that are there are kept.
 *
 * @returns their names in order
 */
export async function makePhotographs(folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const originals = (await readdir(samples)).sort();
  const there = new Set(await readdir(folder));
  const names: string[] = [];
  const missing: (() => Promise<unknown>)[] = [];
  for (let n = 0; n < count; n++) {
    const round = Math.floor(n / originals.length);
    const original = originals[n % originals.length]!;
    const name = original.replace('.jpeg', round === 0 ? '.jpg' : `-${round}.jpg`);
    names.push(name);
    if (there.has(name)) continue;
    const [from, to] = [join(samples, original), join(folder, name)];
    missing.push(() => (round === 0 ? copyFile(from, to) : change(from, to, n)));
  }
  const workers = Array.from({ length: 4 }, async () => {
    for (let make = missing.pop(); make; make = missing.pop()) await make();
  });
  await Promise.all(workers);
  return names;
}

async function change(from: string, to: string, seed: number): Promise<void> {
  const random = seeded(seed);
  const { width = 0, height = 0 } = await sharp(from).metadata();
  const share = 0.5 + 0.45 * random();
  const [w, h] = [Math.floor(width * share), Math.floor(height * share)];
  let picture = sharp(from).extract({
    left: Math.floor((width - w) * random()),
    top: Math.floor((height - h) * random()),
    width: w,
    height: h,
  });
  if (random() < 0.5) picture = picture.flop();
  await picture
    .resize(width, height, { fit: 'fill' })
    .modulate({
      brightness: 0.7 + 0.6 * random(),
      saturation: 0.5 + random(),
      hue: Math.floor(80 * random()) - 40,
    })
    .jpeg({ quality: 85 })
    .toFile(to);
}

/** Bytes of files, by what `kindOf` calls them: `[kind, files, bytes]`, the largest kind first. */
export async function sizesByKind(
  folder: string,
  kindOf: (path: string) => string,
): Promise<[kind: string, files: number, bytes: number][]> {
  const kinds = new Map<string, { files: number; bytes: number }>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const kind = kindOf(path.slice(folder.length + 1).replaceAll('\\', '/'));
    const sum = kinds.get(kind) ?? { files: 0, bytes: 0 };
    kinds.set(kind, { files: sum.files + 1, bytes: sum.bytes + (await stat(path)).size });
  }
  return [...kinds]
    .map(([kind, { files, bytes }]): [string, number, number] => [kind, files, bytes])
    .sort((a, b) => b[2] - a[2]);
}
