import type { KeptMeta, Picture } from '../state/pictures.ts';

/** Pixels of its longer side. */
const longest = 240;

/**
 * A small copy of a picture, and what is kept with it in the index: after a reload the page may not read the file.
 * `undefined` where the browser cannot read it: indexing it says what is wrong with it.
 */
export async function keep({ file }: Picture): Promise<KeptMeta | undefined> {
  if (!file) return undefined;
  const { size: byteLength, lastModified: modified } = file;
  try {
    return { ...(await shrink(file)), byteLength, modified };
  } catch {
    return undefined;
  }
}

async function shrink(file: Blob): Promise<{ thumbnail: string; width: number; height: number }> {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
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
  const thumbnail = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return { thumbnail, width, height };
}
