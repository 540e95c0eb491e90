import { createMemoryCache } from './cache.memory.ts';
import { openOpfsCache } from './cache.opfs.ts';
import { openCacheStorage } from './cache.storage.ts';
import type { ShardCache } from './cache.ts';

/** The best that this browser has: its private file system, Cache Storage, or memory. */
export async function openCache(): Promise<ShardCache> {
  return (await openOpfsCache()) ?? (await openCacheStorage()) ?? createMemoryCache();
}
