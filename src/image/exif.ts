const ORIENTATION = 0x0112;

/** Bytes of a value of each TIFF type that Pillow knows. */
const sizeOf: Record<number, number> = {
  1: 1, // byte
  2: 1, // ASCII
  3: 2, // short
  4: 4, // long
  5: 8, // rational
  6: 1, // signed byte
  7: 1, // undefined
  8: 2, // signed short
  9: 4, // signed long
  10: 8, // signed rational
  11: 4, // float
  12: 8, // double
  13: 4, // offset of a directory
  16: 8, // 64-bit long
};

/** The first value of a tag; NaN where Pillow does not read a number: bytes and text. */
function firstValue(view: DataView, type: number, at: number, littleEndian: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, littleEndian);
    case 4:
    case 13:
      return view.getUint32(at, littleEndian);
    case 5:
      return view.getUint32(at, littleEndian) / view.getUint32(at + 4, littleEndian);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, littleEndian);
    case 9:
      return view.getInt32(at, littleEndian);
    case 10:
      return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian);
    case 11:
      return view.getFloat32(at, littleEndian);
    case 12:
      return view.getFloat64(at, littleEndian);
    case 16:
      return Number(view.getBigUint64(at, littleEndian));
    default:
      return Number.NaN;
  }
}

/**
 * The orientation in EXIF data (a TIFF header and its first directory, with or without `Exif\0\0` in front), as Pillow
 * reads it. The last of several tags counts, and its first value. Damaged tags are ignored.
 *
 * @param start where the data begin in `bytes`
 * @param end where they end
 * @returns 1 (upright) … 8, as EXIF numbers them; 1 for any other value; undefined without a tag
 */
export function findOrientation(bytes: Uint8Array, start: number, end: number): number | undefined {
  const limit = Math.min(end, bytes.length);
  if (start >= limit) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, limit - start);
  const size = view.byteLength;
  // "Exif\0\0"
  const tiff = size >= 6 && view.getUint32(0) === 0x45786966 && view.getUint16(4) === 0 ? 6 : 0;
  if (tiff + 8 > size) return;
  const order = view.getUint16(tiff);
  const littleEndian = order === 0x4949;
  if (!littleEndian && order !== 0x4d4d) return;
  const magic = view.getUint16(tiff + 2);
  if (magic !== 0x002a && magic !== 0x2a00) return;
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  if (directory + 2 > size) return;
  let found: number | undefined;
  const entries = view.getUint16(directory, littleEndian);
  for (let i = 0, entry = directory + 2; i < entries && entry + 12 <= size; i++, entry += 12) {
    const type = view.getUint16(entry + 2, littleEndian);
    const byteLength = view.getUint32(entry + 4, littleEndian) * (sizeOf[type] ?? 0);
    if (byteLength === 0) continue;
    let at = entry + 8;
    if (byteLength > 4) at = tiff + view.getUint32(at, littleEndian);
    // Values that are not there end the reading.
    if (at + byteLength > size) break;
    if (view.getUint16(entry, littleEndian) === ORIENTATION) found = firstValue(view, type, at, littleEndian);
  }
  if (found === undefined) return;
  return Number.isInteger(found) && found >= 1 && found <= 8 ? found : 1;
}
