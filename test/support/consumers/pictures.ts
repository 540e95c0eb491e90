import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { samples } from '../cli.ts';

/** Five photographs: each of a format that another decoder reads. */
export const names = ['a.jpg', 'b.png', 'c.tiff', 'd.webp', 'e.avif'];

/** Makes them in `folder`. */
export async function makePictures(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const photographs = ['A001', 'A010', 'B001', 'C001', 'D001'];
  await Promise.all(
    names.map(async (name, n) => {
      let picture = sharp(join(samples, `${photographs[n]}.jpeg`)).resize(160, 120, { fit: 'fill' });
      // Transparent in a corner: then browsers do not read it for us.
      if (name.endsWith('.webp'))
        picture = picture.composite([{ input: corner, gravity: 'northwest', blend: 'dest-out' }]);
      if (name.endsWith('.tiff')) picture = picture.tiff({ compression: 'lzw' });
      await picture.toFile(join(folder, name));
    }),
  );
}

const corner = Buffer.from(
  '<svg width="40" height="40"><rect width="40" height="40" fill-opacity="0.5"/></svg>',
);
