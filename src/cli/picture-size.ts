import { readFile } from 'node:fs/promises';
import type { PictureSize } from '../engine/types.ts';
import { decode } from '../image/decode.node.ts';
import { sniffFormat } from '../image/format.ts';
import { readJpeg } from '../image/jpeg.ts';
import { readWebp } from '../image/webp.ts';

/** How large a picture's file says that it is; what cannot be read is left out. */
export async function pictureSize(path: string): Promise<PictureSize> {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return {};
  const { byteLength } = bytes;
  try {
    const { width, height } = await sidesOf(bytes);
    return { width, height, byteLength };
  } catch {
    return { byteLength };
  }
}

async function sidesOf(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  switch (sniffFormat(bytes)) {
    case 'JPEG':
      return readJpeg(bytes);
    case 'WebP':
      return readWebp(bytes);
    case 'PNG': {
      // IHDR is always the first chunk.
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return { width: view.getUint32(16), height: view.getUint32(20) };
    }
    default:
      return decode(bytes, { orient: false });
  }
}
