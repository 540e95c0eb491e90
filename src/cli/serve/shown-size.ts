import { ascii } from '../../base/bytes.ts';
import { findOrientation } from '../../image/exif.ts';
import { sniffFormat } from '../../image/format.ts';
import { beginningOf } from './send-file.ts';

/** Width and height in pixels, as browsers show it: turned by its EXIF orientation. */
export type ShownSize = [width: number, height: number];

/** Nearly all files say how large they are in so many bytes; some have long metadata in front. */
const beginnings = [1 << 14, 1 << 20];

/** How large the file of a picture says that it is; `undefined` where its beginning does not tell. */
export async function shownSize(path: string): Promise<ShownSize | undefined> {
  for (const byteLength of beginnings) {
    const bytes = await beginningOf(path, byteLength);
    const size = sizeIn(bytes);
    if (size && size[0] > 0 && size[1] > 0) return size;
    if (bytes.length < byteLength) return undefined;
  }
  return undefined;
}

/** The size that the beginning of a file tells; nothing is checked: it is for the layout of a page. */
export function sizeIn(bytes: Uint8Array): ShownSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (sniffFormat(bytes)) {
      case 'JPEG':
        return jpegSize(bytes, view);
      case 'PNG':
        return [view.getUint32(16), view.getUint32(20)]; // IHDR is always the first chunk
      case 'GIF':
        return [view.getUint16(6, true), view.getUint16(8, true)];
      case 'BMP':
        return view.getUint32(14, true) === 12
          ? [view.getUint16(18, true), view.getUint16(20, true)]
          : [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
      case 'WebP':
        return webpSize(bytes, view);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it is longer than what was read
    throw error;
  }
}

function jpegSize(bytes: Uint8Array, view: DataView): ShownSize | undefined {
  let isTurned = false;
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff) at++;
    const marker = view.getUint8(at);
    const start = at + 1;
    const end = start + view.getUint16(start);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const sides: ShownSize = [view.getUint16(start + 5), view.getUint16(start + 3)];
      return isTurned ? [sides[1], sides[0]] : sides;
    }
    if (marker === 0xda) return undefined;
    if (marker === 0xe1 && ascii(bytes, start + 2, start + 7) === 'Exif\0')
      isTurned = (findOrientation(bytes, start + 2, end) ?? 1) > 4;
    at = end;
    if (view.getUint8(at) !== 0xff) return undefined;
  }
}

function webpSize(bytes: Uint8Array, view: DataView): ShownSize | undefined {
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (ascii(bytes, 12, 16)) {
    case 'VP8X':
      // Its EXIF data, if it has any, are at the end of the file, which is not read.
      return [uint24(24) + 1, uint24(27) + 1];
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    }
    case 'VP8 ':
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    default:
      return undefined;
  }
}
