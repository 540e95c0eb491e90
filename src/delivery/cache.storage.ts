import { answered, cacheStorage, cacheStorageName, NoStorage, probeName } from '../web/storage.ts';
import type { ShardCache } from './cache.ts';
import { blobSha256 } from './hash.ts';

const cacheName = 'likeness-models';
/** An entry is stored whole or not at all: a file is cut into such pieces, so that a broken download can be continued. */
const pieceBytes = 4 * 2 ** 20;

/**
 * Cache Storage, for browsers whose private file system is missing or has no handles in workers.
 *
 * @throws where it is missing too, denied, or takes nothing
 */
export async function openCacheStorage(): Promise<ShardCache> {
  const cache = await answered(cacheStorageName, () => cacheStorage().open(cacheName));
  if (globalThis.origin === 'null')
    throw new NoStorage(`${cacheStorageName} is nothing for an opaque origin`);
  const base = new URL('/.likeness-models/', globalThis.origin).href;
  const address = (path: string): string => base + path;
  await answered(cacheStorageName, async () => {
    const name = address(probeName());
    if ('document' in globalThis) return void (await cache.match(name)); // a page looks what there is, and often
    await cache.put(name, new Response('x'));
    await cache.delete(name);
  });
  const pathsBelow = async (path: string): Promise<string[]> =>
    (await cache.keys())
      .filter(({ url }) => url.startsWith(address(path)))
      .map(({ url }) => url.slice(address(path).length));

  /** The pieces of a file, in order, up to the first that is missing. */
  const pieces = async (sha256: string): Promise<Blob[]> => {
    const found: Blob[] = [];
    for (;;) {
      const response = await cache.match(address(`shards/${sha256}/${found.length}`));
      if (!response) return found;
      found.push(await response.blob());
    }
  };
  const removeAll = async (path: string): Promise<void> => {
    for (const rest of await pathsBelow(path)) await cache.delete(address(path + rest));
  };

  return {
    kind: 'cache-storage',
    stored: async (sha256) => new Blob(await pieces(sha256)).size,
    async append(sha256) {
      const present = await pieces(sha256);
      let count = present.length;
      let pending: Uint8Array<ArrayBuffer>[] = [];
      let pendingBytes = 0;
      const last = present.at(-1);
      if (last && last.size < pieceBytes) {
        count--; // it is filled up
        pending.push(new Uint8Array(await last.arrayBuffer()));
        pendingBytes = last.size;
      }
      const put = async (): Promise<void> => {
        await cache.put(address(`shards/${sha256}/${count}`), new Response(new Blob(pending)));
        count++;
        pending = [];
        pendingBytes = 0;
      };
      return {
        async write(bytes) {
          for (let at = 0; at < bytes.length; ) {
            const part = bytes.slice(at, at + pieceBytes - pendingBytes);
            pending.push(part);
            pendingBytes += part.length;
            at += part.length;
            if (pendingBytes === pieceBytes) await put();
          }
        },
        async close() {
          if (pendingBytes > 0) await put();
        },
      };
    },
    blob: async (sha256) => new Blob(await pieces(sha256)),
    digest: async (sha256, onBytes) => blobSha256(new Blob(await pieces(sha256)), onBytes),
    remove: (sha256) => removeAll(`shards/${sha256}/`),
    async sizes() {
      const sizes = new Map<string, number>();
      for (const path of await pathsBelow('shards/')) {
        const sha256 = path.split('/')[0]!;
        if (!sizes.has(sha256)) sizes.set(sha256, new Blob(await pieces(sha256)).size);
      }
      return sizes;
    },
    readRecord: async (key) => (await cache.match(address(`records/${key}`)))?.text(),
    writeRecord: (key, text) => cache.put(address(`records/${key}`), new Response(text)),
    async removeRecord(key) {
      await cache.delete(address(`records/${key}`));
    },
    recordKeys: () => pathsBelow('records/'),
  };
}
