/** Where EXIF data keep a picture's orientation. */
export interface OrientationTag {
  /** 1 (upright) … 8, as EXIF numbers them. */
  value: number;
  /** Position of the two bytes of the value. */
  offset: number;
  littleEndian: boolean;
}

const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * The orientation in EXIF data, that is a TIFF header and its first directory, with or without `Exif\0\0` in front.
 *
 * @param start where the data begin in `bytes`
 * @param end where they end
 * @returns undefined where there is none, or the data are broken
 */
export function findOrientation(bytes: Uint8Array, start: number, end: number): OrientationTag | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, Math.min(end, bytes.length));
  // "Exif"
  const tiff = start + 4 <= view.byteLength && view.getUint32(start) === 0x45786966 ? start + 6 : start;
  if (tiff + 8 > view.byteLength) return;
  const order = view.getUint16(tiff);
  const littleEndian = order === 0x4949;
  if (!littleEndian && order !== 0x4d4d) return;
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  if (directory + 2 > view.byteLength) return;
  const entries = view.getUint16(directory, littleEndian);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > view.byteLength) return;
    if (view.getUint16(entry, littleEndian) !== ORIENTATION) continue;
    if (view.getUint16(entry + 2, littleEndian) !== SHORT) return;
    const value = view.getUint16(entry + 8, littleEndian);
    return value >= 1 && value <= 8 ? { value, offset: entry + 8, littleEndian } : undefined;
  }
  return;
}
