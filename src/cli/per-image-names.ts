import { createHash } from 'node:crypto';

/** It has the id of each file. */
export const mapFile = 'likeness-ids.json';

/** Names that Windows keeps for devices, with any ending. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** What a name may not hold somewhere: on Windows, or at all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[<>:"|?*\\\u0000-\u001f\u007f]/;
/** File systems take 255 bytes, some of them of UTF-16; an ending and a temporary name have to fit. */
const maxBytes = 200;

/** Whether every file system takes this part of a path, and gives the same name back. */
function isPlain(part: string): boolean {
  return (
    part !== '' &&
    part.isWellFormed() &&
    !forbidden.test(part) &&
    !device.test(part) &&
    !/[. ]$/.test(part) && // Windows drops them
    !part.startsWith('._') && // macOS's own
    Buffer.byteLength(part) <= maxBytes
  );
}

const isPlainPath = (path: string): boolean =>
  Buffer.byteLength(path) <= 4 * maxBytes && path.split('/').every(isPlain);

/** Names with the same key are the same file on some system: without case, or with decomposed letters (macOS). */
export const keyOf = (name: string): string => name.normalize('NFD').toUpperCase().toLowerCase();

/**
 * File names for ids, below one folder, with `/`. They are different on every file system.
 *
 * A name is the id without its ending (`photo.jpg`: `photo.npy`), as in the tutorial; with it where another id would
 * have the same name (`photo.jpg.npy`). An id that is no file name everywhere is percent-encoded and shortened.
 */
export function perImageNames(ids: readonly string[]): string[] {
  const stems = ids.map((id) => id.replace(/\.[^./]+$/, ''));
  const uses = new Map<string, number>();
  for (const [n, id] of ids.entries()) {
    for (const key of new Set([keyOf(id), keyOf(stems[n]!)])) uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  const taken = new Taken();
  const names = stems.map((stem, n) => {
    const unambiguous = uses.get(keyOf(stem)) === 1 || stem === ids[n];
    return unambiguous && isPlainPath(stem) && taken.take(stem) ? stem : undefined;
  });
  for (const [n, id] of ids.entries()) {
    if (names[n] === undefined && isPlainPath(id) && taken.take(id)) names[n] = id;
  }
  return ids.map((id, n) => `${names[n] ?? encodedName(id, taken)}.npy`);
}

/** Any id as one part of a path, of letters that every file system takes. */
function encodedName(id: string, taken: Taken): string {
  const encoded = encodeURIComponent(id.toWellFormed())
    .replaceAll('*', '%2A')
    .replace(/^\./, '%2E')
    .replace(device, (name) => `%${name.charCodeAt(0).toString(16).toUpperCase()}${name.slice(1)}`);
  if (encoded !== '' && encoded.length <= maxBytes && taken.take(encoded)) return encoded;
  for (let n = 0; ; n++) {
    // Lone surrogates of different ids have one encoding, and different hashes of their UTF-16.
    const hash = createHash('sha256').update(`${n}`).update(Buffer.from(id, 'utf16le')).digest('hex');
    const name = `${encoded.slice(0, maxBytes - 20)}~${hash.slice(0, 12)}`;
    if (taken.take(name)) return name;
  }
}

/** Names in use. A file cannot have the name of a folder. */
class Taken {
  readonly #files = new Set([mapFile]);
  readonly #folders = new Set<string>();

  /** Takes a name without `.npy`, unless it meets another. */
  take(name: string): boolean {
    const key = keyOf(`${name}.npy`);
    const folders = key.split('/').slice(0, -1);
    const above = folders.map((_, n) => folders.slice(0, n + 1).join('/'));
    if (this.#files.has(key) || this.#folders.has(key)) return false;
    if (above.some((folder) => this.#files.has(folder))) return false;
    this.#files.add(key);
    for (const folder of above) this.#folders.add(folder);
    return true;
  }
}
