import { unreadFormats } from '../../src/image/endings.ts';
import { pictureNameOf, SNIFFED_BYTES, sniffFormat } from '../../src/image/format.ts';
import { asStored } from '../../src/image/readback.ts';

/** Formats that the library does not read and some browsers do: Safari HEIC, WebKit and newer ones JPEG XL. */
const formats = [unreadFormats.heic, unreadFormats.jxl];

/** Whether a file's name says that it is of such a format. */
export const isBrowsersByName = (name: string): boolean => formats.some(({ endings }) => endings.test(name));

/** Whether a file's first bytes say so: phones name some HEIC files `.jpg`. */
async function isBrowsers(file: Blob): Promise<boolean> {
  const bytes = new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer());
  if (sniffFormat(bytes) !== undefined) return false;
  const name = pictureNameOf(bytes);
  return formats.some((format) => format.name === name);
}

/**
 * The pixels of a file of a format that only the browser reads, upright; `undefined` where it is none, or where this browser
 * does not read it: the library then says what is wrong with it.
 */
export async function bitmapOf(file: Blob): Promise<ImageBitmap | undefined> {
  if (!(await isBrowsers(file))) return undefined;
  return createImageBitmap(file, asStored).catch(() => undefined);
}

/** What this browser was seen to read, or not to read, by the format's name. */
const seen = new Map<string, boolean>();
/** So many files of a format are tried before it counts as not read here: one may be broken. */
const tries = 3;

/**
 * Of files that are of such a format by their names, those that this browser does not read. A format that it does not know
 * is tried with a few files only.
 */
export async function notReadHere(
  files: readonly { path: string; file: File }[],
): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  for (const { name, endings } of formats) {
    const those = files.filter(({ path }) => endings.test(path));
    for (const { file } of seen.has(name) ? [] : those.slice(0, tries)) {
      const bitmap = await createImageBitmap(file).catch(() => undefined);
      bitmap?.close();
      if (bitmap) seen.set(name, true);
      if (bitmap) break;
    }
    if (those.length >= tries && !seen.has(name)) seen.set(name, false);
    if (seen.get(name) !== true) for (const { path } of those) refused.add(path);
  }
  return refused;
}

/** A file that the library can read: itself, or its pixels as PNG where only the browser reads it. */
export async function asReadable(file: File): Promise<File> {
  const bitmap = await bitmapOf(file).catch(() => undefined);
  if (!bitmap) return file;
  try {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
    return blob ? new File([blob], file.name, { type: blob.type, lastModified: file.lastModified }) : file;
  } finally {
    bitmap.close();
  }
}
