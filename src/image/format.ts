import { ascii } from '../base/bytes.ts';
import type { LikenessError } from '../base/errors.ts';
import { badImage } from './bad-image.ts';
import { pictureFormats, type UnreadFormat, unreadFormats } from './endings.ts';

/** What a file is by its first bytes. */
export type Format = 'JPEG' | 'PNG' | 'GIF' | 'WebP' | 'AVIF' | 'BMP' | 'TIFF';

/** Bytes of a file that are enough to tell its format. */
export const SNIFFED_BYTES = 512;

/** The format of an encoded picture, or undefined where it is none that is known. */
export function sniffFormat(bytes: Uint8Array): Format | undefined {
  const head = ascii(bytes, 0, 16);
  if (head.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'GIF';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'WebP';
  if (head.startsWith('BM')) return 'BMP';
  // Pillow also takes the number 42 in the other byte order, and 43, which is BigTIFF.
  if (/^(II|MM)(\*\0|\0\*)/.test(head) || head.startsWith('II+\0') || head.startsWith('MM\0+')) return 'TIFF';
  if (brandsOf(bytes).some((brand) => brand === 'avif' || brand === 'avis')) return 'AVIF';
  return;
}

/** The brands of an ISO base media file (AVIF, HEIC, CR3): what it is, and what else it can be read as. */
function brandsOf(bytes: Uint8Array): string[] {
  if (bytes.length < 16 || ascii(bytes, 4, 8) !== 'ftyp') return [];
  const byteLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = Math.min(byteLength, bytes.length, SNIFFED_BYTES);
  const brands = [ascii(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, at + 4));
  return brands;
}

/** How files of formats that are not read begin. */
const unreadStarts: [string, UnreadFormat][] = [
  ['\xff\x0a', unreadFormats.jxl],
  ['\0\0\0\x0cJXL \r\n', unreadFormats.jxl],
  ['\xff\x4f\xff\x51', unreadFormats.jp2],
  ['\0\0\0\x0cjP  \r\n', unreadFormats.jp2],
  ['8BPS', unreadFormats.psd],
  ['gimp xcf', unreadFormats.xcf],
  ['FUJIFILMCCD', unreadFormats.raw],
  ['IIRO', unreadFormats.raw],
  ['IIRS', unreadFormats.raw],
  ['MMOR', unreadFormats.raw],
  ['IIU\0', unreadFormats.raw],
  ['FOVb', unreadFormats.raw],
  ['\0MRM', unreadFormats.raw],
  ['\0\0\x01\0', unreadFormats.icon],
  ['icns', unreadFormats.icon],
  ['II\xbc', unreadFormats.jxr],
  ['v/1\x01', unreadFormats.hdr],
  ['#?RADIANCE', unreadFormats.hdr],
  ['#?RGBE', unreadFormats.hdr],
];

/** What a picture is by its first bytes, whether it is read here or not: JPEG, HEIC, SVG. */
export const pictureNameOf = (bytes: Uint8Array): string | undefined =>
  sniffFormat(bytes) ?? unreadFormat(bytes)?.name;

/** The format of a picture that is known by its first bytes and not read. */
function unreadFormat(bytes: Uint8Array): UnreadFormat | undefined {
  const brands = brandsOf(bytes);
  if (brands[0] === 'crx ') return unreadFormats.raw;
  if (brands.some((brand) => /^(he[iv][cxms]|mif1|mif2|msf1)$/.test(brand))) return unreadFormats.heic;
  const head = ascii(bytes, 0, 16);
  const known = unreadStarts.find(([start]) => head.startsWith(start));
  if (known) return known[1];
  if (/^(P[1-7]|P[Ff])[\s#]/.test(head)) return unreadFormats.netpbm;
  // An XML declaration, comments and a document type may come first.
  const start = new TextDecoder().decode(bytes.subarray(0, SNIFFED_BYTES));
  const isSvg = /^\s*<(\?xml|!--|!DOCTYPE svg|svg)[\s>]/.test(start) && /<svg[\s>]/.test(start);
  return isSvg ? unreadFormats.svg : undefined;
}

/** The error for bytes of no format that is read: names the format, or shows how they begin. */
export function notAPicture(bytes: Uint8Array): LikenessError {
  if (bytes.length === 0) return badImage('not a picture: it is empty (0 bytes)');
  const unread = unreadFormat(bytes);
  if (unread) return badImage(`${unread.name} is not read (read are ${pictureFormats}): ${unread.advice}`);
  const head = bytes.subarray(0, 16);
  const printable = head.every(
    (byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9,
  );
  const shown = printable
    ? JSON.stringify(ascii(head, 0, 16))
    : Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return badImage(`not a picture: starts with ${shown}; read are ${pictureFormats}`);
}
