import { batch, signal } from '@preact/signals';
import { parseNpyMatrix } from '../../src/python/npy.ts';
import { type Picture, updatePictures } from '../state/pictures.ts';
import { setSmallHeights } from '../state/small-pictures.ts';
import { Turns } from './turns.ts';

/** The index that the server offers. */
export interface ServedIndex {
  title: string;
  fingerprint: string;
  ids: readonly string[];
  /** Values of each picture's features; 0 where that is not known. */
  dimension: number;
  /** Another one when ids or features have changed; `''` where the server does not say. */
  version: string;
}

/** `undefined` where the page is served without one. */
export const served = signal<ServedIndex | undefined>(undefined);

/** Half of a surrogate pair is in no file's name, and has no place in a URL. */
const encodePath = (id: string): string =>
  id
    .split('/')
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')))
    .join('/');

let looked: Promise<void> | undefined;

/** Looks for the server's index, once, and shows its pictures. */
export const findServedIndex = (): Promise<void> => {
  looked ??= look();
  return looked;
};

async function look(): Promise<void> {
  const response = await fetch('index/index.json').catch(() => undefined);
  if (!response?.ok || !response.headers.get('content-type')?.includes('json')) return;
  const record: {
    title: string;
    model: { fingerprint: string };
    dimension?: number;
    version?: string;
    ids: string[];
    /** Width and height of each picture, 0 where they are not known. */
    sizes?: number[];
    /** Heights of small pictures that the server makes. */
    small?: number[];
  } | null = await response.json();
  if (!record) return;
  const { title, model, ids, sizes = [], small, dimension = 0, version = '' } = record;
  setSmallHeights(small);
  const found: (Partial<Picture> & { id: string })[] = [];
  const base = new URL('pictures/', document.baseURI).href;
  const turns = new Turns();
  for (const [n, id] of ids.entries()) {
    await turns.next();
    const [width, height] = [sizes[2 * n] ?? 0, sizes[2 * n + 1] ?? 0];
    found.push({ id, url: base + encodePath(id), ...(width > 0 && height > 0 ? { width, height } : {}) });
  }
  batch(() => {
    served.value = { title, fingerprint: model.fingerprint, ids, dimension, version };
    updatePictures(found);
  });
}

/** The server's features as they come in one matrix: row n belongs to picture n. */
export interface ServedFeatures {
  columns: number;
  values: Float32Array;
}

let coming: Promise<ServedFeatures> | undefined;

/**
 * The features, which are fetched once for all who ask before {@link forgetFeatures}.
 *
 * @throws Error where there are none, or not one row for each picture
 */
export function servedFeatures(): Promise<ServedFeatures> {
  coming ??= fetchFeatures(served.value!.ids.length).catch((error) => {
    coming = undefined; // whoever asks next tries again
    throw error;
  });
  return coming;
}

/** They are in the index: their memory is given back. */
export const forgetFeatures = (): void => {
  coming = undefined;
};

async function fetchFeatures(count: number): Promise<ServedFeatures> {
  const response = await fetch('index/features.npy');
  if (!response.ok) throw new Error(`The ready-made index could not be loaded (HTTP ${response.status}).`);
  const { rows, columns, values } = parseNpyMatrix(new Uint8Array(await response.arrayBuffer()));
  if (rows !== count) throw new Error(`The ready-made index has ${rows} rows for ${count} pictures.`);
  return { columns, values };
}
