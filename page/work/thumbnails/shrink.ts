import { decodeSmall } from './decode.ts';

/** Pixels of a small picture's longer side: a row of the page is 190 pixels high. */
const longest = 320;
const quality = 0.65;

/** A small copy of a picture, as a `data:` URL, and the pixels of the picture itself, upright. */
export interface Small {
  thumbnail: string;
  width: number;
  height: number;
}

/** A canvas of either kind: workers have one, and where they have none, the page has the other. */
export interface SmallCanvas {
  resize(width: number, height: number): CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
  encode(type: string): Promise<Blob>;
}

/** What draws in a worker; `undefined` where this browser's workers cannot. */
export function offscreenCanvas(): SmallCanvas | undefined {
  if (typeof OffscreenCanvas !== 'function') return undefined;
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d');
  if (!context || typeof canvas.convertToBlob !== 'function') return undefined;
  return {
    resize(width, height) {
      Object.assign(canvas, { width, height });
      return context;
    },
    encode: (type) => canvas.convertToBlob({ type, quality }),
  };
}

/** What draws in the page itself. */
export function pageCanvas(): SmallCanvas {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d')!;
  return {
    resize(width, height) {
      Object.assign(canvas, { width, height });
      return context;
    },
    encode: (type) =>
      new Promise((done, failed) =>
        canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error(`no ${type}`))), type, quality),
      ),
  };
}

/** Whether this browser writes WebP: asked for it, WebKit answers with a PNG, ten times as large. */
let writesWebp = true;

/**
 * Makes a picture small.
 *
 * @throws what `createImageBitmap` throws for a file that this browser cannot read
 */
export async function shrink(file: Blob, canvas: SmallCanvas): Promise<Small> {
  const decoded = await decodeSmall(file, longest);
  const { width, height } = decoded;
  const scale = Math.min(1, longest / Math.max(width, height));
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const context = canvas.resize(w, h);
  context.imageSmoothingQuality = 'high';
  context.drawImage(decoded.image, 0, 0, w, h);
  decoded.close(); // before the next wait: it has four bytes for each pixel
  return { thumbnail: await dataUrl(await encode(canvas, context, w, h)), width, height };
}

type Context = ReturnType<SmallCanvas['resize']>;

async function encode(canvas: SmallCanvas, context: Context, width: number, height: number): Promise<Blob> {
  if (writesWebp) {
    const blob = await canvas.encode('image/webp');
    if (blob.type === 'image/webp') return blob;
    writesWebp = false;
  }
  // JPEG has no transparency: what shows through is white, as on paper.
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  return canvas.encode('image/jpeg');
}

const dataUrl = (blob: Blob): Promise<string> =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result as string);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
