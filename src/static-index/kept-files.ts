import { hexOf } from '../base/bytes.ts';
import { crc32ByTable } from '../base/crc32.ts';
import { LikenessError } from '../base/errors.ts';
import type { RetryPolicy } from '../base/retry.ts';
import { type ByteRange, type FetchedBytes, fetchBytes } from '../web/fetch-bytes.ts';
import type { StaticEntry, StaticFile } from './types.ts';

/** What of Cache Storage is used. */
export type FileCache = Pick<Cache, 'match' | 'put' | 'delete' | 'keys'>;

export interface KeptFilesOptions {
  fetch?: typeof globalThis.fetch | undefined;
  /** Where files are kept; default: the page's own, where it has one. */
  caches?: { open(name: string): Promise<FileCache> } | undefined;
  policy?: RetryPolicy | undefined;
}

export interface FileCall {
  signal?: AbortSignal | undefined;
  /** Bytes of the file that are here. */
  onBytes?: ((done: number) => void) | undefined;
}

const entryName = 'index.json';

/**
 * Files of a site's folder `likeness/`: each is fetched, compared with its hash, and kept in Cache Storage. A second visit
 * needs no network.
 */
export class KeptFiles {
  readonly #folder: string;
  readonly #options: Pick<KeptFilesOptions, 'fetch' | 'policy'>;
  readonly #cache: FileCache | undefined;
  readonly #writes = new Set<Promise<unknown>>();

  private constructor(
    folder: string,
    options: Pick<KeptFilesOptions, 'fetch' | 'policy'>,
    cache: FileCache | undefined,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#cache = cache;
  }

  /** @param folder URL with a `/` at its end */
  static async open(folder: string, { fetch, caches, policy }: KeptFilesOptions = {}): Promise<KeptFiles> {
    let cache: FileCache | undefined;
    try {
      // Absent without https, refused to a page that may store nothing.
      cache = await (caches ?? globalThis.caches)?.open(`likeness-site ${folder}`);
    } catch {}
    return new KeptFiles(folder, { fetch, policy }, cache);
  }

  urlOf(name: string): string {
    return new URL(name, this.#folder).href;
  }

  /**
   * The entry as the server has it now; the kept one where there is no network.
   *
   * @throws LikenessError `not-found`; `bad-file`, `newer-format` where there is something else
   */
  async entry({ signal }: FileCall = {}): Promise<StaticEntry> {
    const url = this.urlOf(entryName);
    const kept = await this.kept(entryName);
    const policy = kept && { attempts: 1, pauseMs: 0, stallMs: 5000 };
    try {
      const { bytes } = await fetchBytes(url, {
        ...this.#options,
        ...(policy && { policy }),
        cache: 'no-cache',
        signal,
      });
      const entry = entryOf(url, bytes);
      this.keep(entryName, bytes);
      return entry;
    } catch (error) {
      signal?.throwIfAborted();
      if (kept) return entryOf(url, kept);
      throw error;
    }
  }

  /**
   * A whole file, as the index names it.
   *
   * @throws LikenessError `not-found`; `bad-file` where it is damaged, past the browser's cache too
   */
  async file(file: StaticFile, { signal, onBytes }: FileCall = {}): Promise<Uint8Array> {
    return this.#checked(file.file, (bytes) => isRight(file, bytes), { signal, onBytes });
  }

  /** A file of which only the name is known: the first digits of its hash. */
  async named(name: string, call: FileCall = {}): Promise<Uint8Array> {
    const hex = /-([0-9a-f]{12})\./.exec(name)![1]!;
    return this.#checked(name, async (bytes) => (await hashOf(bytes))?.startsWith(hex) ?? true, call);
  }

  async #checked(
    name: string,
    isRight: (bytes: Uint8Array) => Promise<boolean>,
    { signal, onBytes }: FileCall,
  ): Promise<Uint8Array> {
    const kept = await this.kept(name);
    if (kept && (await isRight(kept))) {
      onBytes?.(kept.length);
      return kept;
    }
    for (const cache of ['default', 'reload'] as const) {
      const { bytes } = await this.fetch(name, { cache, signal, onBytes });
      if (!(await isRight(bytes))) continue;
      this.keep(name, bytes);
      return bytes;
    }
    throw damaged(this.urlOf(name));
  }

  fetch(
    name: string,
    call: FileCall & { cache: RequestCache; range?: ByteRange | undefined },
  ): Promise<FetchedBytes> {
    return fetchBytes(this.urlOf(name), { ...this.#options, ...call });
  }

  /** What is kept under a name. */
  async kept(name: string): Promise<Uint8Array | undefined> {
    try {
      const response = await this.#cache?.match(this.urlOf(name));
      return response && new Uint8Array(await response.arrayBuffer());
    } catch {
      return undefined;
    }
  }

  /** Keeps bytes under a name, if there is room. Nobody waits for that. */
  keep(name: string, bytes: Uint8Array): void {
    if (!this.#cache) return;
    const write = this.#cache
      .put(this.urlOf(name), new Response(bytes as BodyInit))
      .catch(() => {})
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Until all is kept that was to be. */
  async settled(): Promise<void> {
    await Promise.all(this.#writes);
  }

  /** Names of what is kept. */
  async names(): Promise<string[]> {
    try {
      return ((await this.#cache?.keys()) ?? []).map(({ url }) => url.slice(this.#folder.length));
    } catch {
      return [];
    }
  }

  async forget(name: string): Promise<void> {
    await this.#cache?.delete(this.urlOf(name)).catch(() => {});
  }
}

export const damaged = (url: string, cause?: unknown): LikenessError =>
  new LikenessError(
    'bad-file',
    `${url} is damaged, or the server sends something else in its place. Copy the folder \`likeness/\` there once more.`,
    { cause },
  );

function entryOf(url: string, bytes: Uint8Array): StaticEntry {
  let entry: StaticEntry | undefined;
  try {
    entry = JSON.parse(new TextDecoder().decode(bytes));
  } catch {}
  if (entry?.format !== 'likeness-site') {
    throw new LikenessError(
      'bad-file',
      `${url} is no entry of a site's index. Run \`likeness site\`, and serve its folder.`,
    );
  }
  if (entry.version !== 1) {
    throw new LikenessError(
      'newer-format',
      `${url} is of version ${entry.version}; this script reads 1. Take the script that lies beside it.`,
    );
  }
  return entry;
}

/** SHA-256 where the page has it: without https it has none. */
async function hashOf(bytes: Uint8Array): Promise<string | undefined> {
  const { subtle } = globalThis.crypto;
  return subtle && hexOf(new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource)));
}

async function isRight({ bytes: length, sha256, crc32 }: StaticFile, bytes: Uint8Array): Promise<boolean> {
  if (bytes.length !== length) return false;
  const hash = await hashOf(bytes);
  return hash === undefined ? crc32ByTable(bytes) === crc32 : hash === sha256;
}
