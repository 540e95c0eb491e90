import type { ShardCache } from './cache.ts';
import { blobSha256 } from './hash.ts';

/** Nothing stays: where the browser stores nothing, or no more. Blobs, which a browser keeps outside the JavaScript heap. */
export function createMemoryCache(): ShardCache {
  const files = new Map<string, Blob[]>();
  const records = new Map<string, string>();
  const blobOf = (sha256: string): Blob => new Blob(files.get(sha256) ?? []);
  return {
    kind: 'memory',
    stored: async (sha256) => blobOf(sha256).size,
    async append(sha256) {
      const parts = files.get(sha256) ?? [];
      files.set(sha256, parts);
      return {
        async write(bytes) {
          parts.push(new Blob([bytes as BlobPart]));
        },
        async close() {},
      };
    },
    blob: async (sha256) => blobOf(sha256),
    digest: (sha256, onBytes) => blobSha256(blobOf(sha256), onBytes),
    async remove(sha256) {
      files.delete(sha256);
    },
    sizes: async () => new Map([...files.keys()].map((sha256) => [sha256, blobOf(sha256).size])),
    readRecord: async (key) => records.get(key),
    async writeRecord(key, text) {
      records.set(key, text);
    },
    async removeRecord(key) {
      records.delete(key);
    },
    recordKeys: async () => [...records.keys()],
  };
}
