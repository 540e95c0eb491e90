import { crc32ByTable } from '../base/crc32.ts';
import { LikenessError } from '../base/errors.ts';
import type { RowStore } from '../knn/search/row-source.ts';
import { atOnce } from './at-once.ts';
import type { KeptFiles } from './kept-files.ts';
import { rowsPerFile, type StaticSearch } from './types.ts';

/** Bytes between two rows that one request brings along. */
const joinedBytes = 16_384;
/** Bytes of rows that stay in memory. */
const maxBytes = 64 << 20;

/** Rows `from` … `to` − 1 of the index, all of one file. */
interface Run {
  from: number;
  to: number;
}

/**
 * The full rows of a static index: those that a search asks for come by requests for ranges, near ones by one request. A
 * server without ranges sends the whole file, which is kept then. Each row is compared with its checksum.
 */
export class FullRows implements RowStore {
  readonly #files: KeptFiles;
  readonly #search: StaticSearch;
  readonly #checksums: Uint32Array;
  readonly #rowBytes: number;
  readonly #signal: AbortSignal;
  readonly #rows = new Map<number, Float32Array>();
  /** Runs that are kept, by their names. */
  readonly #kept = new Map<string, Run>();

  /** @param checksums CRC-32 of each row; they may come later than the first `read` */
  constructor(files: KeptFiles, search: StaticSearch, checksums: Uint32Array, signal: AbortSignal) {
    this.#files = files;
    this.#search = search;
    this.#checksums = checksums;
    this.#rowBytes = 4 * search.dimension;
    this.#signal = signal;
  }

  /** Takes over what an earlier visit has kept. @returns whether a name is of these rows */
  takeKept(name: string): boolean {
    const at = this.#search.rows.findIndex(({ file }) => name === file || name.startsWith(`${file}?`));
    if (at < 0) return false;
    const [from, to] = /\?rows=(\d+)-(\d+)$/.exec(name)?.slice(1).map(Number) ?? [0, rowsPerFile];
    this.#kept.set(name, this.#runOf(at, from!, to!));
    return true;
  }

  /** @throws LikenessError `not-found`, `bad-file` */
  async read(numbers: Uint32Array): Promise<Float32Array> {
    const d = this.#search.dimension;
    const found = await this.#readHere(numbers);
    const runs = this.#runs(Array.from(numbers).filter((row) => !found.has(row)));
    await atOnce(runs, async (run) => {
      for (const [row, values] of await this.#fetch(run)) found.set(row, values);
    });
    const values = new Float32Array(numbers.length * d);
    for (const [at, row] of numbers.entries()) values.set(found.get(row)!, at * d);
    for (const [row, own] of found) this.#rows.set(row, own);
    for (const row of this.#rows.keys()) {
      if (this.#rows.size * this.#rowBytes <= maxBytes) break;
      this.#rows.delete(row);
    }
    return values;
  }

  /** Rows that are in memory or kept. What is damaged there is to be fetched again. */
  async #readHere(numbers: Uint32Array): Promise<Map<number, Float32Array>> {
    const found = new Map<number, Float32Array>();
    for (const row of numbers) {
      const values = this.#rows.get(row);
      if (values) found.set(row, values);
    }
    for (const [name, { from, to }] of this.#kept) {
      if (!numbers.some((row) => row >= from && row < to && !found.has(row))) continue;
      const bytes = await this.#files.kept(name);
      const rows = bytes && this.#rowsIn(bytes, { from, to });
      if (rows) for (const [row, values] of rows) found.set(row, values);
      else {
        this.#kept.delete(name);
        await this.#files.forget(name);
      }
    }
    return found;
  }

  /** Requests that bring the rows (ascending). */
  #runs(rows: readonly number[]): Run[] {
    const runs: Run[] = [];
    for (const row of rows) {
      const last = runs.at(-1);
      const isOfFile = last && Math.floor(row / rowsPerFile) === Math.floor(last.from / rowsPerFile);
      if (isOfFile && (row - last.to) * this.#rowBytes <= joinedBytes) last.to = row + 1;
      else runs.push({ from: row, to: row + 1 });
    }
    return runs;
  }

  #runOf(file: number, from: number, to: number): Run {
    const first = file * rowsPerFile;
    return { from: first + from, to: Math.min(first + to, this.#search.count) };
  }

  /** Fetches rows, past the browser's cache where what it gives is wrong. */
  async #fetch(run: Run): Promise<Map<number, Float32Array>> {
    const at = Math.floor(run.from / rowsPerFile);
    const { file } = this.#search.rows[at]!;
    const first = at * rowsPerFile;
    const range = { from: (run.from - first) * this.#rowBytes, to: (run.to - first) * this.#rowBytes };
    for (const cache of ['default', 'reload'] as const) {
      const { bytes, isWhole } = await this.#files.fetch(file, { range, cache, signal: this.#signal });
      const came = isWhole ? this.#runOf(at, 0, rowsPerFile) : run;
      const rows = this.#rowsIn(bytes, came);
      if (!rows) continue;
      const name = isWhole ? file : `${file}?rows=${run.from - first}-${run.to - first}`;
      this.#files.keep(name, bytes);
      this.#kept.set(name, came);
      return rows;
    }
    throw new LikenessError(
      'bad-file',
      `Rows ${run.from} to ${run.to - 1} of ${this.#files.urlOf(file)} are damaged, or the server sends something else in their place. Copy the folder \`likeness/\` there once more.`,
    );
  }

  /** Rows by their numbers; undefined where there is another number of bytes, or one does not match its checksum. */
  #rowsIn(bytes: Uint8Array, { from, to }: Run): Map<number, Float32Array> | undefined {
    if (bytes.length !== (to - from) * this.#rowBytes) return undefined;
    const rows = new Map<number, Float32Array>();
    for (let row = from; row < to; row++) {
      const own = bytes.slice((row - from) * this.#rowBytes, (row - from + 1) * this.#rowBytes);
      if (crc32ByTable(own) !== this.#checksums[row]) return undefined;
      rows.set(row, new Float32Array(own.buffer));
    }
    return rows;
  }
}
