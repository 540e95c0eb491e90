import { createMemoryCache } from './cache.memory.ts';
import { openOpfsCache } from './cache.opfs.ts';
import { openCacheStorage } from './cache.storage.ts';
import type { ShardCache } from './cache.ts';

/** The best that this browser has: its private file system, Cache Storage, or memory. */
export async function openCache(): Promise<ShardCache> {
  return (await openOpfsCache()) ?? (await openCacheStorage()) ?? createMemoryCache();
}

/** All that something may be stored in: a page does not know which of them its workers can write to. */
export async function everyCache(): Promise<ShardCache[]> {
  const caches = await Promise.all([openOpfsCache(), openCacheStorage()]);
  return caches.filter((cache) => cache !== undefined);
}
