import { signal } from '@preact/signals';
import { parseNpyMatrix } from '../../src/python/npy.ts';
import { updatePictures } from '../state/pictures.ts';

/** The index that the server offers. */
export interface ServedIndex {
  title: string;
  fingerprint: string;
  ids: readonly string[];
}

/** `undefined` where the page is served without one. */
export const served = signal<ServedIndex | undefined>(undefined);

/** Half of a surrogate pair is in no file's name, and has no place in a URL. */
const encodePath = (id: string): string =>
  id
    .split('/')
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')))
    .join('/');

/** Looks for the server's index, and shows its pictures. */
export async function findServedIndex(): Promise<void> {
  const response = await fetch('index/index.json').catch(() => undefined);
  if (!response?.ok || !response.headers.get('content-type')?.includes('json')) return;
  const record: {
    title: string;
    model: { fingerprint: string };
    ids: string[];
    /** Width and height of each picture, 0 where they are not known. */
    sizes?: number[];
  } | null = await response.json();
  if (!record) return;
  const { title, model, ids, sizes = [] } = record;
  served.value = { title, fingerprint: model.fingerprint, ids };
  updatePictures(
    ids.map((id, n) => {
      const [width = 0, height = 0] = sizes.slice(2 * n, 2 * n + 2);
      const url = new URL(`pictures/${encodePath(id)}`, document.baseURI).href;
      return { id, url, ...(width > 0 && height > 0 ? { width, height } : {}) };
    }),
  );
}

/** The server's features: row n belongs to picture n. */
export async function servedFeatures(count: number, signal: AbortSignal): Promise<Float32Array[]> {
  const response = await fetch('index/features.npy', { signal });
  if (!response.ok) throw new Error(`The ready-made index could not be loaded (HTTP ${response.status}).`);
  const { rows, columns, values } = parseNpyMatrix(new Uint8Array(await response.arrayBuffer()));
  if (rows !== count) throw new Error(`The ready-made index has ${rows} rows for ${count} pictures.`);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}
