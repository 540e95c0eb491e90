import { batch, signal } from '@preact/signals';
import { type Picture, updatePictures } from '../state/pictures.ts';
import { setSmallHeights } from '../state/small-pictures.ts';
import { giveWay, Turns } from './turns.ts';

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
  await giveWay(); // drawing them is a task of its own
  batch(() => {
    served.value = { title, fingerprint: model.fingerprint, ids, dimension, version };
    updatePictures(found);
  });
}
