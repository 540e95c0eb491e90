import { indexedDbName, opfsName, whyNot } from '../web/storage.ts';
import { openIndexedDbCache } from './cache.indexeddb.ts';
import { createMemoryCache } from './cache.memory.ts';
import { openOpfsCache } from './cache.opfs.ts';
import type { ShardCache } from './cache.ts';

/** The best that this browser has: its private file system, IndexedDB, or memory, with the reason for that. */
export async function openCache(): Promise<{ cache: ShardCache; warnings: string[] }> {
  const reasons: string[] = [];
  for (const [what, open] of [
    [opfsName, openOpfsCache],
    [indexedDbName, openIndexedDbCache],
  ] as const) {
    try {
      return { cache: await open(), warnings: [] };
    } catch (error) {
      reasons.push(whyNot(what, error));
    }
  }
  const warning = `This browser keeps nothing for this page (${reasons.join('; ')}): the model is in memory and will be fetched again next time.`;
  return { cache: createMemoryCache(), warnings: [warning] };
}

/** All that something may be stored in: a page does not know which of them its workers can write to. */
export async function everyCache(): Promise<ShardCache[]> {
  const caches = await Promise.allSettled([openOpfsCache(), openIndexedDbCache(true)]);
  return caches.flatMap((cache) => (cache.status === 'fulfilled' ? [cache.value] : []));
}
