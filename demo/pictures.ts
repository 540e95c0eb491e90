import { parseNpyMatrix } from '../src/knn/npy.ts';

/** A picture of the gallery. */
export interface Picture {
  id: string;
  /** Where it is shown and read from. */
  url: string;
  /** Its file, when the person added it. */
  file?: File;
}

/** The index that the server offers, with the pictures it was made of. */
export interface ServedIndex {
  title: string;
  fingerprint: string;
  pictures: Picture[];
}

/** Half of a surrogate pair is in no file's name, and has no place in a URL. */
const encodePath = (id: string): string =>
  id
    .split('/')
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')))
    .join('/');

/** The served index; `undefined` where the page is served without one. */
export async function servedIndex(): Promise<ServedIndex | undefined> {
  const response = await fetch('index/index.json');
  if (!response.ok || !response.headers.get('content-type')?.includes('json')) return undefined;
  const record: { title: string; model: { fingerprint: string }; ids: string[] } | null =
    await response.json();
  if (!record) return undefined;
  const { title, model, ids } = record;
  const pictures = ids.map((id) => ({
    id,
    url: new URL(`pictures/${encodePath(id)}`, document.baseURI).href,
  }));
  return { title, fingerprint: model.fingerprint, pictures };
}

/** The served features: row n belongs to picture n. */
export async function servedFeatures(count: number): Promise<Float32Array[]> {
  const response = await fetch('index/features.npy');
  if (!response.ok) throw new Error(`The ready-made index could not be loaded (HTTP ${response.status}).`);
  const { rows, columns, values } = parseNpyMatrix(new Uint8Array(await response.arrayBuffer()));
  if (rows !== count) throw new Error(`The ready-made index has ${rows} rows for ${count} pictures.`);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/** Files a person chose as pictures; what is not one by its type is left out. */
export function fromFiles(files: Iterable<File>): Picture[] {
  return [...files]
    .filter(
      ({ type, name }) => type.startsWith('image/') || /\.(jpe?g|png|webp|gif|avif|bmp|tiff?)$/i.test(name),
    )
    .map((file) => ({ id: file.webkitRelativePath || file.name, url: URL.createObjectURL(file), file }));
}

/** Files of a drop, those in dropped folders too. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry != null);
  if (entries.length === 0) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  for (;;) {
    // A reader hands out a folder in parts, an empty one at the end.
    const part = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (part.length === 0) return files;
    for (const child of part) files.push(...(await filesOf(child)));
  }
}
