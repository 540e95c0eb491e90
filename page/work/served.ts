import { signal } from '@preact/signals';
import { parseNpyMatrix } from '../../src/python/npy.ts';
import { updatePictures } from '../state/pictures.ts';
import { setSmallHeights } from '../state/small-pictures.ts';

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
    /** Heights of small pictures that the server makes. */
    small?: number[];
  } | null = await response.json();
  if (!record) return;
  const { title, model, ids, sizes = [], small } = record;
  setSmallHeights(small);
  served.value = { title, fingerprint: model.fingerprint, ids };
  updatePictures(
    ids.map((id, n) => {
      const [width = 0, height = 0] = sizes.slice(2 * n, 2 * n + 2);
      const url = new URL(`pictures/${encodePath(id)}`, document.baseURI).href;
      return { id, url, ...(width > 0 && height > 0 ? { width, height } : {}) };
    }),
  );
}

let ahead: Promise<Response> | undefined;

/** Begins to fetch the features while the index that they go to is being opened. */
export function fetchFeaturesAhead(): void {
  ahead ??= fetch('index/features.npy');
  ahead.catch(() => {}); // told to whoever needs them
}

/**
 * The server's features as they come in one matrix: row n belongs to picture n.
 *
 * @throws Error where there are none, or not one row for each picture
 */
export async function servedFeatures(
  count: number,
  signal: AbortSignal,
): Promise<{ columns: number; values: Float32Array }> {
  const begun = ahead;
  ahead = undefined;
  const response = await (begun ?? fetch('index/features.npy', { signal }));
  signal.throwIfAborted();
  if (!response.ok) throw new Error(`The ready-made index could not be loaded (HTTP ${response.status}).`);
  const { rows, columns, values } = parseNpyMatrix(new Uint8Array(await response.arrayBuffer()));
  if (rows !== count) throw new Error(`The ready-made index has ${rows} rows for ${count} pictures.`);
  return { columns, values };
}
