import { access, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { samples } from './cli.ts';
import { seeded } from './random.ts';

/** Pixels of a photograph of 12 megapixels, as phones take them. */
export const twelveMegapixels = { width: 4032, height: 3024 };

export interface LargePicture {
  /** In its folder; the ending says the format: `.jpg`, `.png` or `.webp`. */
  name: string;
  width: number;
  height: number;
  /** Another number gives another picture. */
  seed: number;
}

/**
 * Writes pictures as large as wanted: the sample photographs side by side, so that a file has about as many bytes for each
 * pixel as a camera's. Those that are there are kept.
 *
 * @returns their paths
 */
export async function makeLargePictures(folder: string, wanted: readonly LargePicture[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const tiles = new Tiles();
  const paths: string[] = [];
  for (const { name, width, height, seed } of wanted) {
    const path = join(folder, name);
    paths.push(path);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      continue;
    const data = await tiles.side(width, height, seed);
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    const encoded = name.endsWith('.png')
      ? picture.png({ compressionLevel: 3 })
      : name.endsWith('.webp')
        ? picture.webp({ quality: 80, effort: 0 })
        : picture.jpeg({ quality: 88 });
    await encoded.toFile(`${path}.new`);
    await rename(`${path}.new`, path);
  }
  return paths;
}

/** So many photographs of 12 megapixels. */
export const makeLargePhotographs = (folder: string, count: number): Promise<string[]> =>
  makeLargePictures(
    folder,
    Array.from({ length: count }, (_, n) => ({
      name: `IMG_${String(n).padStart(4, '0')}.jpg`,
      ...twelveMegapixels,
      seed: n,
    })),
  );

interface Tile {
  data: Buffer;
  width: number;
  height: number;
}

/** Sample photographs, twice as large: a camera's photograph is not sharp to the pixel. */
class Tiles {
  #names: string[] | undefined;
  readonly #decoded = new Map<string, Promise<Tile>>();

  async side(width: number, height: number, seed: number): Promise<Buffer> {
    this.#names ??= (await readdir(samples)).sort();
    const random = seeded(seed);
    const out = Buffer.alloc(width * height * 3, 128);
    const [across, down] = [614, 340];
    for (let top = 0; top < height; top += down) {
      for (let left = 0; left < width; left += across) {
        // A few of them for each picture: pictures look different.
        const tile = await this.#tile(this.#names[Math.floor(random() * this.#names.length)]!);
        const columns = Math.min(across, tile.width, width - left);
        for (let y = 0; y < Math.min(down, tile.height, height - top); y++) {
          const from = y * tile.width * 3;
          tile.data.copy(out, ((top + y) * width + left) * 3, from, from + columns * 3);
        }
      }
    }
    return out;
  }

  #tile(name: string): Promise<Tile> {
    let tile = this.#decoded.get(name);
    if (!tile) {
      tile = sharp(join(samples, name))
        .removeAlpha()
        .resize({ width: 614 })
        .raw()
        .toBuffer({ resolveWithObject: true })
        .then(({ data, info }) => ({ data, width: info.width, height: info.height }));
      this.#decoded.set(name, tile);
    }
    return tile;
  }
}
