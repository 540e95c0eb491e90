import type { Json } from 'likeness-search';
import type { Picture } from './pictures.ts';

/** Pixels of its longer side. */
const longest = 200;

/** A small copy of an added picture, kept in the index: after a reload the page may not read the file. */
interface Kept {
  thumbnail: string;
  byteLength: number;
  modified: number;
}

const isKept = (meta: Json | undefined): meta is Json & Kept =>
  typeof meta === 'object' && meta !== null && 'thumbnail' in meta && typeof meta.thumbnail === 'string';

/** The thumbnail's URL in an entry's metadata. */
export const thumbnailOf = (meta: Json | undefined): string => (isKept(meta) ? meta.thumbnail : '');

/**
 * Metadata for a picture with a file; those of before, where the file is the same. A file that is no picture has none:
 * indexing it says what is wrong with it.
 */
export async function keep({ file }: Picture, before: Json | undefined): Promise<Json | undefined> {
  if (!file) return undefined;
  const { size: byteLength, lastModified: modified } = file;
  if (isKept(before) && before.byteLength === byteLength && before.modified === modified) return before;
  try {
    return { thumbnail: await shrink(file), byteLength, modified };
  } catch {
    return undefined;
  }
}

async function shrink(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  );
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  let blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.7 });
  if (blob.type !== 'image/webp') {
    // Asked for WebP, WebKit makes a PNG, ten times as large.
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.7 });
  }
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
