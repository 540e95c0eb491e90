import { LikenessError } from '../base/errors.ts';
import { isHtml, notServed, sentence, whyNotFetched } from '../web/why-not.ts';

/**
 * The bytes of a WebAssembly module that is stored compressed. A server may have unpacked it on the way.
 *
 * @param where for messages
 * @throws LikenessError `not-found` if it is something else, e.g. the page that a server sends for missing files
 */
export async function unpackWasm(blob: Blob, where: string): Promise<ArrayBuffer> {
  const begin = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  if (begin[0] === 0x1f && begin[1] === 0x8b) {
    const stream = blob.stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).arrayBuffer();
  }
  if (String.fromCharCode(...begin) === '\0asm') return blob.arrayBuffer();
  const why = isHtml(new Uint8Array(await blob.slice(0, 512).arrayBuffer()))
    ? notServed
    : `what came is no WebAssembly (${blob.type || 'no type'}, ${blob.size} bytes)`;
  throw new LikenessError('not-found', `${where}: ${why}.`);
}

/** @throws LikenessError `not-found` */
export async function fetchWasm(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url).catch(async (cause: Error) => {
    const { reason } = await whyNotFetched(url, cause);
    throw new LikenessError('not-found', sentence(`${url} cannot be fetched: ${reason}`), { cause });
  });
  if (!response.ok) throw new LikenessError('not-found', `${url} answered ${response.status}.`);
  return unpackWasm(await response.blob(), url);
}
