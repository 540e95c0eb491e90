import { type PictureHeader, readPictureHeader } from '../picture-header.ts';

/** A decoded picture, to be drawn once; upright. */
export interface Decoded {
  readonly image: CanvasImageSource;
  /** Pixels of the picture itself: `image` may have fewer. */
  readonly width: number;
  readonly height: number;
  /** Gives its memory back: four bytes for each pixel. */
  close(): void;
}

/** What is used of WebCodecs' `ImageDecoder`, which TypeScript's library does not describe. */
interface Decoder {
  decode(): Promise<{ image: VideoFrame }>;
  close(): void;
}
type DecoderClass = new (init: {
  data: ArrayBuffer;
  type: string;
  desiredWidth: number;
  desiredHeight: number;
  transfer: ArrayBuffer[];
}) => Decoder;

/** Pictures of fewer pixels are decoded as they are. */
const large = 1.5e6;

/** Files of fewer bytes have fewer pixels, or hardly any detail. */
const largeFile = 1.5e5;

/** Whether this browser was seen to decode less than the whole. */
let scales = true;

/**
 * Decodes a picture to be drawn small. Of a large JPEG, browsers with an `ImageDecoder` decode a half, a quarter or an
 * eighth, which takes less time and a fraction of the memory.
 *
 * @param side of the longer side of what will be drawn
 * @throws what `createImageBitmap` throws for a file that this browser cannot read
 */
export async function decodeSmall(file: Blob, side: number): Promise<Decoded> {
  const header = file.size < largeFile ? undefined : await readPictureHeader(file).catch(() => undefined);
  const isLarge = header?.format === 'JPEG' && header.width * header.height >= large;
  const scaled =
    isLarge && scales ? await decodeScaled(file, header, side).catch(() => undefined) : undefined;
  if (scaled) return scaled;
  const image = await createImageBitmap(file);
  const { width, height } = image;
  return { image, width, height, close: () => image.close() };
}

async function decodeScaled(file: Blob, header: PictureHeader, side: number): Promise<Decoded | undefined> {
  const { ImageDecoder } = globalThis as { ImageDecoder?: DecoderClass };
  if (typeof ImageDecoder !== 'function') return undefined;
  const isTurned = header.orientation >= 5;
  const [width, height] = isTurned ? [header.height, header.width] : [header.width, header.height];
  const scale = side / Math.max(header.width, header.height);
  const data = await file.arrayBuffer();
  const decoder = new ImageDecoder({
    data,
    type: 'image/jpeg',
    desiredWidth: Math.ceil(header.width * scale),
    desiredHeight: Math.ceil(header.height * scale),
    transfer: [data],
  });
  try {
    const { image } = await decoder.decode();
    const { displayWidth, displayHeight, codedWidth } = image;
    // What has another shape was not turned as the picture is, or says that it is of another size.
    const isWhole = Math.abs(displayWidth / displayHeight / (width / height) - 1) < 0.02;
    const isEnough = Math.max(displayWidth, displayHeight) >= side;
    if (isWhole && isEnough && codedWidth < header.width)
      return { image, width, height, close: () => image.close() };
    if (codedWidth >= header.width) scales = false;
    image.close();
    return undefined;
  } finally {
    decoder.close();
  }
}
