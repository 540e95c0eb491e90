import { signalOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type { FlatIndex } from '../knn/flat-index.ts';
import { atOnce } from './at-once.ts';
import { FullRows } from './full-rows.ts';
import { damaged, type FileCall, KeptFiles, type KeptFilesOptions } from './kept-files.ts';
import { recordsPerFile, type SiteRecord, type StaticEntry, type StaticSearch } from './types.ts';

export interface StaticIndexOptions extends KeptFilesOptions {
  /** URL of the folder with `index.json`, with a `/` at its end. */
  folder: string;
  /** The library's: `likeness-knn.js` of the folder that {@link StaticSearch.lib} names, or `likeness-search/knn`. */
  FlatIndex: Pick<typeof FlatIndex, 'create'> | (() => Promise<Pick<typeof FlatIndex, 'create'>>);
  signal?: AbortSignal | undefined;
  /** Bytes of the codes. */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

export interface Found {
  row: number;
  distance: number;
}

/**
 * An exact search over a static index in a page: codes of all rows in memory, full rows where they are served. Its answers
 * are those of `likeness query`.
 */
export class StaticIndex {
  readonly entry: StaticEntry;
  readonly search: StaticSearch;
  readonly #files: KeptFiles;
  readonly #index: FlatIndex;
  readonly #closing: AbortController;
  #every: Promise<SiteRecord[]> | undefined;

  private constructor(
    files: KeptFiles,
    entry: StaticEntry,
    search: StaticSearch,
    index: FlatIndex,
    closing: AbortController,
  ) {
    this.#files = files;
    this.entry = entry;
    this.search = search;
    this.#index = index;
    this.#closing = closing;
  }

  /**
   * Fetches what a search needs before the first picture comes, or takes what an earlier visit has kept. What older builds
   * of the site have left is removed.
   *
   * @throws LikenessError `not-found`, `bad-file`, `newer-format`; the reason of `signal`
   */
  static async open({ folder, onProgress, ...options }: StaticIndexOptions): Promise<StaticIndex> {
    const signal = signalOf(options.signal);
    const files = await KeptFiles.open(folder, options);
    const entry = await files.entry({ signal });
    if (!entry.search) {
      throw new LikenessError(
        'not-found',
        `${files.urlOf('index.json')} has no search with other pictures: the site was built without.`,
      );
    }
    const searchFile = `search-${entry.search}.json`;
    const search = await parsed<StaticSearch>(
      files.urlOf(searchFile),
      await files.named(searchFile, { signal }),
    );
    const { dimension, count } = search;

    const closing = new AbortController();
    const checksums = new Uint32Array(count);
    const rows = new FullRows(files, search, checksums, closing.signal);
    await dropOthers(files, entry, search, rows);

    const total = search.codes.reduce((sum, { bytes }) => sum + bytes, 0);
    const here = search.codes.map(() => 0);
    const tell = (at: number, done: number): void => {
      here[at] = done;
      onProgress?.({ done: here.reduce((sum, bytes) => sum + bytes, 0), total });
    };
    const stop = new AbortController();
    const follow = (): void => stop.abort(signal!.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', follow, { once: true });
    const [library, codes] = await Promise.all([
      'create' in options.FlatIndex ? options.FlatIndex : options.FlatIndex(),
      atOnce(search.codes, async (file, at) =>
        inflated(
          files.urlOf(file.file),
          await files.file(file, { signal: stop.signal, onBytes: (done) => tell(at, done) }),
        ),
      ),
    ])
      .catch((error) => {
        stop.abort();
        throw error;
      })
      .finally(() => signal?.removeEventListener('abort', follow));
    signal?.throwIfAborted();
    const index = await library.create({ dimension, rows });
    let first = 0;
    for (const [at, bytes] of codes.entries()) {
      const { rows: added } = search.codes[at]!;
      const end = bytes.length - 4 * added;
      index.addQuantised(bytes.subarray(0, end), added);
      const view = new DataView(bytes.buffer, bytes.byteOffset + end);
      for (let row = 0; row < added; row++) checksums[first + row] = view.getUint32(4 * row, true);
      first += added;
    }
    return new StaticIndex(files, entry, search, index, closing);
  }

  /**
   * The k nearest rows, as an exact search over all full rows finds them.
   *
   * @param vector `dimension` values, finite
   * @param options.test which pictures take part: what the site says of all of them is read for it, once
   * @throws LikenessError `bad-argument`, `not-found`, `bad-file`, `closed`; the reason of `signal`
   */
  async query(
    vector: Float32Array,
    {
      k,
      test,
      signal: given,
    }: {
      k: number;
      test?: ((id: string, meta: SiteRecord['meta']) => boolean) | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<Found[]> {
    const signal = signalOf(given);
    const filter = test && Uint8Array.from(await this.#all(signal), ({ id, meta }) => Number(test(id, meta)));
    const answer = this.#index.search(vector, k, { signal, filter });
    const { rows, distances } = await (signal ? orAborted(answer, signal) : answer);
    return Array.from(rows, (row, at) => ({ row, distance: distances[at]! }));
  }

  /** What the site says of some pictures, in the order of `rows`. */
  async records(rows: readonly number[], call: Pick<FileCall, 'signal'> = {}): Promise<SiteRecord[]> {
    const read = new Map<number, Promise<SiteRecord[]>>();
    for (const row of rows) {
      const at = Math.floor(row / recordsPerFile);
      if (!read.has(at)) read.set(at, this.#recordsOf(recordsName(this.entry, at), call));
    }
    return Promise.all(
      rows.map(async (row) => (await read.get(Math.floor(row / recordsPerFile))!)[row % recordsPerFile]!),
    );
  }

  /** What the site says of every picture, by row. */
  #all(signal: AbortSignal | undefined): Promise<SiteRecord[]> {
    const rows = Array.from({ length: this.search.count }, (_, row) => row);
    this.#every ??= this.records(rows, { signal }).catch((error) => {
      this.#every = undefined;
      throw error;
    });
    return signal ? orAborted(this.#every, signal) : this.#every;
  }

  async #recordsOf(name: string, call: Pick<FileCall, 'signal'>): Promise<SiteRecord[]> {
    const url = this.#files.urlOf(name);
    return parsed(url, await inflated(url, await this.#files.named(name, call)));
  }

  /** Until all that came is kept for the next visit, as far as there is room. */
  settled(): Promise<void> {
    return this.#files.settled();
  }

  close(): void {
    this.#closing.abort(new LikenessError('closed', 'This index was closed.'));
    this.#index.close();
  }
}

/** Removes what another build of the site has kept, and tells `rows` what there is of its own. */
async function dropOthers(
  files: KeptFiles,
  entry: StaticEntry,
  search: StaticSearch,
  rows: FullRows,
): Promise<void> {
  const own = new Set(['index.json', `search-${entry.search}.json`, ...search.codes.map(({ file }) => file)]);
  for (let at = 0; at * 8 < entry.records.length; at++) own.add(recordsName(entry, at));
  for (const name of await files.names()) {
    if (!own.has(name) && !rows.takeKept(name)) await files.forget(name);
  }
}

/** The `at`-th of names of 6 bytes each, in base64. */
function recordsName({ records }: StaticEntry, at: number): string {
  const hex = Array.from(atob(records.slice(at * 8, at * 8 + 8)), (byte) =>
    byte.charCodeAt(0).toString(16).padStart(2, '0'),
  );
  return `records-${hex.join('')}.bin`;
}

const parsed = <T>(url: string, bytes: Uint8Array): Promise<T> =>
  orDamaged(url, () => JSON.parse(new TextDecoder().decode(bytes)));

const inflated = (url: string, bytes: Uint8Array): Promise<Uint8Array> =>
  orDamaged(url, async () => {
    const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  });

/** Without https nothing tells before that another thing was served. */
async function orDamaged<T>(url: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw damaged(url, cause);
  }
}

/** The answer, unless the signal comes first: whatever is on its way is kept then. */
function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
