import { parseNpyMatrix } from '../src/python/npy.ts';

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
