import { joined } from '../../src/base/bytes.ts';
import { parseNpyMatrix } from '../../src/python/npy.ts';
import { untilCalm } from '../state/calm.ts';
import { served } from './served.ts';
import { Turns } from './turns.ts';

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
  const { ids, version } = served.value!;
  coming ??= loadFeatures(ids.length, version).catch((error) => {
    coming = undefined; // whoever asks next tries again
    throw error;
  });
  return coming;
}

/** They are in the index: their memory is given back. */
export const forgetFeatures = (): void => {
  coming = undefined;
};

async function loadFeatures(count: number, version: string): Promise<ServedFeatures> {
  const bytes = (await keptFeatures(version)) ?? (await fetchFeatures(version));
  const { rows, columns, values } = parseNpyMatrix(bytes);
  if (rows !== count) throw new Error(`The ready-made index has ${rows} rows for ${count} pictures.`);
  return { columns, values };
}

/** What was fetched in this visit, and is of the version that the list is of: it may be kept for the next visit. */
let fetched: { version: string; bytes: Uint8Array<ArrayBuffer> } | undefined;

async function fetchFeatures(version: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The ready-made index could not be loaded (HTTP ${response.status}).`);
  const bytes = await bytesOf(response);
  // The server may have another index since it sent the list.
  const isSame = version !== '' && response.headers.get('etag')?.replace(/^W\//, '') === `"${version}"`;
  fetched = isSame ? { version, bytes } : undefined;
  return bytes;
}

/** A body, part by part: browsers read all of it in one task, which takes 30 ms of the page's thread for 10 MB. */
async function bytesOf({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  const turns = new Turns();
  const reader = body?.getReader();
  for (let next = await reader?.read(); next?.value; next = await reader!.read()) {
    parts.push(next.value);
    await turns.next();
  }
  return joined(parts);
}

const address = 'index/features.npy';
const cacheName = 'likeness-features';
const addressOf = (version: string): string => `${address}?version=${encodeURIComponent(version)}`;

/** A browser's own cache drops what is large: 10 MB would come again with each visit. */
async function keptFeatures(version: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    if (version === '' || !(await caches.has(cacheName))) return undefined;
    const kept = await (await caches.open(cacheName)).match(addressOf(version));
    return kept && (await bytesOf(kept));
  } catch {
    return undefined; // by plain http, and where storage is blocked, there is none
  }
}

/** Keeps what was fetched for the next visit, and no features of an earlier version. */
export async function keepFeatures(): Promise<void> {
  const found = fetched;
  fetched = undefined;
  if (!found) return;
  await untilCalm();
  try {
    const cache = await caches.open(cacheName);
    for (const request of await cache.keys()) await cache.delete(request);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await cache.put(addressOf(found.version), new Response(found.bytes, { headers }));
  } catch {
    // They are fetched again, then.
  }
}

/** The index has other pictures now, too: queries wait for it, and not for these. */
export async function dropFeatures(): Promise<void> {
  fetched = undefined;
  await caches.delete(cacheName);
}
