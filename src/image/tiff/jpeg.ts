import { joined } from '../../base/bytes.ts';
import { broken } from './broken.ts';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP14 = 0xee;

/** The marker segments of a JPEG stream up to its pixels, less APPn and comments, and where the pixels begin. */
function segmentsOf(jpeg: Uint8Array, what: string): { segments: Uint8Array[]; scan: number | undefined } {
  const segments: Uint8Array[] = [];
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  if (jpeg[0] !== 0xff || jpeg[1] !== SOI) throw broken(`its ${what} do not begin as JPEG does`);
  for (let at = 2; at + 4 <= jpeg.length; ) {
    if (jpeg[at] !== 0xff) throw broken(`its ${what} have no marker where one belongs`);
    const marker = jpeg[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === SOS) return { segments, scan: at };
    if (marker === EOI) break;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > jpeg.length) throw broken(`a marker of its ${what} is longer than they are`);
    const isApplication = (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
    if (!isApplication) segments.push(jpeg.subarray(at, end));
    at = end;
  }
  return { segments, scan: undefined };
}

/** Says how colour is stored: 0 is RGB as it is, 1 is YCbCr. */
const adobe = (transform: 0 | 1): Uint8Array =>
  Uint8Array.of(0xff, APP14, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, transform);

/**
 * A strip or tile as a JPEG file of its own: with the tables that the picture's segments share, and a marker that says
 * what only the TIFF knows, how colour is stored.
 *
 * @returns the file, its size in pixels and its number of channels
 */
export function toJpegFile(
  data: Uint8Array,
  tables: Uint8Array | undefined,
  ycbcr: boolean,
): { file: Uint8Array; width: number; height: number; channels: number } {
  const shared = tables ? segmentsOf(tables, 'JPEG tables').segments : [];
  const { segments, scan } = segmentsOf(data, 'JPEG data');
  const frame = segments.find(
    ([, marker]) =>
      marker! >= 0xc0 && marker! <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc,
  );
  if (scan === undefined || !frame || frame.length < 10) throw broken('its JPEG data hold no picture');
  const channels = frame[9]!;
  const file = joined([
    Uint8Array.of(0xff, SOI),
    ...(channels === 3 ? [adobe(ycbcr ? 1 : 0)] : []),
    ...shared,
    ...segments,
    data.subarray(scan),
  ]);
  const view = new DataView(frame.buffer, frame.byteOffset);
  return { file, width: view.getUint16(7), height: view.getUint16(5), channels };
}
