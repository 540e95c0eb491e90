import { LikenessError } from '../../base/errors.ts';
import type { OpenFile } from '../../base/random-access.ts';
import { fetchBytes } from '../../web/fetch-bytes.ts';
import { whyNotFetched } from '../../web/why-not.ts';
import { SingleFileStore } from './store.single.ts';

/** What the first request brings: the header, and what a small index consists of. */
const firstBytes = 1 << 16;

/**
 * An exported index on a web server, read-only. Where the server answers requests for ranges, only what is needed is
 * fetched; else the whole file, once.
 */
export const httpStore = (url: string): SingleFileStore =>
  new SingleFileStore(url, () => openUrl(url), false);

async function openUrl(url: string): Promise<OpenFile> {
  const options = { whyNot: whyNotFetched };
  let first = await fetchBytes(url, { ...options, range: { from: 0, to: firstBytes } });
  // A server of another origin may hide how many there are.
  const hidesSize = !first.isWhole && first.total === undefined && first.bytes.length === firstBytes;
  if (hidesSize) first = await fetchBytes(url, options);
  const { bytes, version } = first;
  const size = first.isWhole ? bytes.length : (first.total ?? bytes.length);
  return {
    size: async () => size,
    async read(at, into) {
      const end = Math.min(at + into.length, size);
      if (at >= end) return 0;
      if (end <= bytes.length) {
        into.set(bytes.subarray(at, end));
        return end - at;
      }
      const part = await fetchBytes(url, { ...options, range: { from: at, to: end } });
      if (part.isWhole || part.version !== version || part.bytes.length !== end - at) {
        throw new LikenessError('storage-failed', `${url} changed while it was read; open it again.`);
      }
      into.set(part.bytes);
      return end - at;
    },
    close: async () => {},
  };
}
