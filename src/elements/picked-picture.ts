/** A picture that a person has picked, with a name for messages. */
export interface PickedPicture {
  picture: Blob;
  name: string;
}

/** The first picture of what was dropped or pasted; `undefined` where there is none. */
export async function pictureIn(
  data: DataTransfer | null,
  named: string,
): Promise<PickedPicture | undefined> {
  const files = [...(data?.files ?? [])];
  const file = files.find(({ type }) => type.startsWith('image/')) ?? files[0];
  if (file) return { picture: file, name: file.name || named };
  // A picture of a page: what is dropped is its address.
  const url = data?.getData('text/uri-list').split('\n')[0]?.trim();
  if (!url || !/^(https?|data|blob):/.test(url)) return undefined;
  const name = /^https?:/.test(url) ? (new URL(url).pathname.split('/').pop() ?? '') : '';
  const response = await fetch(url).catch(() => undefined);
  return { picture: response?.ok ? await response.blob() : new Blob([]), name: name || named };
}

/** Whether something is dragged that may be a picture. */
export const mayBePicture = (data: DataTransfer | null): boolean =>
  data?.types.some((type) => type === 'Files' || type === 'text/uri-list') ?? false;

const previewSize = 192;

/** Draws a picture into a canvas, as far as the browser can read it. No policy is in the way of that, as of a URL. */
export async function drawPreview(canvas: HTMLCanvasElement, picture: Blob): Promise<boolean> {
  try {
    const bitmap = await createImageBitmap(picture);
    const scale = Math.min(1, previewSize / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext('2d')!;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return true;
  } catch {
    return false;
  }
}
