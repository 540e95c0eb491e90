import { squaredDistance } from '../knn/js/distances.ts';
import { Linkage } from '../knn/linkage.ts';
import { createPairBlock, type PairBlock } from '../knn/pair-block.ts';
import { findPairs } from '../knn/pairs.ts';
import { createThreadedPairBlock, type StartPairThread } from '../knn/threads/pair-threads.ts';
import { copyOfJson, type Entry } from '../store/format/records.ts';
import type { EngineQueryOptions } from './call-types.ts';
import type { Pictures } from './pictures.ts';
import type { CallOptions, DuplicatePair } from './types.ts';

/** What a step is asked to do. */
export type DuplicatesStep =
  /** Begins. */
  | { begin: { maxDistance: number; listed: boolean; filter?: EngineQueryOptions['filter'] } }
  /** Goes on. */
  | { job: number }
  /** The last step: how far the members of each group are from its first. */
  | { job: number; ordered: readonly (readonly string[])[] }
  /** Forgets it. */
  | { job: number; end: true };

/** What a step did. */
export interface DuplicatesAnswer {
  job: number;
  pairs: DuplicatePair[];
  /** When all was compared, and again where pictures have gone: members in the order of adding, groups by their first. */
  groups?: Entry[][];
  /** The answer to `ordered`. */
  distances?: { id: string; distance: number }[][];
}

/** Threads for pairs. */
export interface PairThreads {
  /** How many, the calling one among them. */
  count: number;
  start: StartPairThread;
  /** With fewer products (pairs · values) one thread has done it before others have started. Default 2³² (half a second). */
  minProducts?: number;
}

const defaultMinProducts = 2 ** 32;

/** A step takes so long or finds so many pairs, whichever comes first. */
const stepMs = 100;
const pairsPerAnswer = 8192;
const rowsPerRead = 1024;

/** What stands for the values of a row that was not read, and of one that is not as it was. */
const unread = -1;
const gone = -2;

/**
 * Near-duplicates among an engine's pictures. A search for them takes its steps between other calls, so what changes
 * meanwhile is seen: pictures that were removed or replaced are in no group, pictures that were added do not take part.
 */
export class Duplicates {
  readonly #pictures: Pictures;
  readonly #threads: PairThreads | undefined;
  readonly #jobs = new Map<number, Job>();
  #last = 0;

  constructor(pictures: Pictures, threads?: PairThreads) {
    this.#pictures = pictures;
    this.#threads = threads;
  }

  /** Forgets all searches. */
  close(): void {
    for (const job of this.#jobs.values()) job.end();
    this.#jobs.clear();
  }

  /** @param takingPart a byte for each picture: whether it takes part */
  async step(
    step: DuplicatesStep,
    takingPart: (filter: NonNullable<EngineQueryOptions['filter']>) => Uint8Array,
    how: CallOptions,
  ): Promise<DuplicatesAnswer> {
    if ('begin' in step) {
      const job = ++this.#last;
      const { filter, ...wanted } = step.begin;
      const taking = filter && takingPart(filter);
      const ids = this.#pictures.entries.filter((_, at) => !taking || taking[at]).map(({ id }) => id);
      this.#jobs.set(job, new Job(this.#pictures, this.#threads, { ids, ...wanted }));
      return { job, pairs: [] };
    }
    const { job } = step;
    const own = this.#jobs.get(job)!;
    if ('end' in step) {
      own?.end();
      this.#jobs.delete(job);
      return { job, pairs: [] };
    }
    if ('ordered' in step) return { job, pairs: [], ...(await own.distances(step.ordered, how)) };
    return { job, ...(await own.go(how)) };
  }
}

class Job {
  readonly #pictures: Pictures;
  readonly #ids: readonly string[];
  readonly #maxDistance: number;
  readonly #listed: boolean;
  readonly #threads: PairThreads | undefined;
  #block: PairBlock | undefined;
  #isEnded = false;
  /** Of each row's values, as they were read first. */
  readonly #prints: Float64Array;
  readonly #steps: AsyncGenerator<{ done: number; pairs: DuplicatePair[] }, number[][]>;
  #groups: number[][] = [];
  /** Pictures have changed since the groups were looked at. */
  #changed = false;
  /** Of the step under way. */
  #how: CallOptions = {};

  constructor(
    pictures: Pictures,
    threads: PairThreads | undefined,
    { ids, maxDistance, listed }: { ids: readonly string[]; maxDistance: number; listed: boolean },
  ) {
    this.#pictures = pictures;
    this.#threads = threads;
    this.#ids = ids;
    this.#maxDistance = maxDistance;
    this.#listed = listed;
    this.#prints = new Float64Array(ids.length).fill(unread);
    this.#steps = this.#run();
    pictures.watchers.add(this.#watch);
  }

  end(): void {
    this.#pictures.watchers.delete(this.#watch);
    this.#isEnded = true;
    this.#block?.close?.();
  }

  async go(how: CallOptions): Promise<Omit<DuplicatesAnswer, 'job'>> {
    this.#how = how;
    const start = performance.now();
    const pairs: DuplicatePair[] = [];
    const total = this.#ids.length;
    for (;;) {
      const step = await this.#steps.next();
      how.signal?.throwIfAborted();
      if (step.done) {
        this.#groups = step.value;
        const groups = await this.#entries(how);
        how.onProgress?.({ phase: 'compare', done: total, total });
        return { pairs, groups };
      }
      for (const pair of step.value.pairs) pairs.push(pair);
      if (pairs.length < pairsPerAnswer && performance.now() - start < stepMs) continue;
      how.onProgress?.({ phase: 'compare', done: Math.floor(total * step.value.done), total });
      return { pairs };
    }
  }

  async distances(
    ordered: readonly (readonly string[])[],
    how: CallOptions,
  ): Promise<Omit<DuplicatesAnswer, 'job' | 'pairs'>> {
    this.#how = how;
    if (this.#changed) return { groups: await this.#entries(how) };
    const numbers = new Map(this.#ids.map((id, n) => [id, n]));
    const { dimension } = this.#pictures.index;
    const groups: { id: string; distance: number }[][] = [];
    for (const ids of ordered) {
      const members = ids.map((id) => numbers.get(id)!);
      const found: { id: string; distance: number }[] = [];
      let first: Float32Array | undefined;
      for await (const { n, row } of this.#rowsOf(members)) {
        first ??= row.slice();
        const distance = Math.sqrt(squaredDistance(row, 0, first, 0, dimension));
        found.push({ id: this.#ids[n]!, distance });
      }
      groups.push(found);
    }
    // A damaged row was found just now.
    return this.#changed ? { groups: await this.#entries(how) } : { distances: groups };
  }

  readonly #watch = (): void => {
    this.#changed = true;
  };

  async *#run(): AsyncGenerator<{ done: number; pairs: DuplicatePair[] }, number[][]> {
    const everyone = Array.from(this.#ids.keys());
    const linkage = new Linkage(everyone.length);
    for await (const { done, pairs } of this.#pairsOf(everyone, linkage, this.#listed)) {
      yield {
        done,
        pairs: pairs
          // What was found before a change is told no more.
          .filter(({ a, b }) => this.#prints[a] !== gone && this.#prints[b] !== gone)
          .map(({ a, b, distance }) => ({ a: this.#ids[a]!, b: this.#ids[b]!, distance })),
      };
    }
    return linkage.groups();
  }

  /** The groups without who has gone, who may have held the others together. */
  async #settle(how: CallOptions): Promise<number[][]> {
    while (this.#changed) {
      this.#changed = false;
      const groups: number[][] = [];
      for (const group of this.#groups) {
        for await (const _ of this.#rowsOf(group)) how.signal?.throwIfAborted(); // finds who has gone
        const left = group.filter((n) => this.#prints[n] !== gone);
        if (left.length === group.length) {
          groups.push(group);
          continue;
        }
        const linkage = new Linkage(left.length);
        for await (const _ of this.#pairsOf(left, linkage, false)) how.signal?.throwIfAborted();
        for (const members of linkage.groups()) groups.push(members.map((at) => left[at]!));
      }
      this.#groups = groups.sort((x, y) => x[0]! - y[0]!);
    }
    return this.#groups;
  }

  async *#pairsOf(
    members: readonly number[],
    linkage: Linkage,
    listed: boolean,
  ): ReturnType<typeof findPairs> {
    const { dimension } = this.#pictures.index;
    const block = await this.#createBlock(members.length);
    const read = (first: number, end: number): Promise<Float32Array> => this.#read(members.slice(first, end));
    const rows = { dimension, count: members.length, read };
    try {
      yield* findPairs(rows, { block, maxDistance: this.#maxDistance, linkage, listed });
    } finally {
      block.close?.();
    }
  }

  async #createBlock(count: number): Promise<PairBlock> {
    const { dimension, backend } = this.#pictures.index;
    const { count: threads = 1, start, minProducts = defaultMinProducts } = this.#threads ?? {};
    if (threads < 2 || !start || (count * count * dimension) / 2 < minProducts) {
      return createPairBlock(dimension, this.#maxDistance, backend);
    }
    const block = await createThreadedPairBlock(dimension, this.#maxDistance, backend, threads, start);
    this.#block = block;
    if (this.#isEnded) block.close?.();
    return block;
  }

  async *#rowsOf(members: readonly number[]): AsyncGenerator<{ n: number; row: Float32Array }> {
    const { dimension } = this.#pictures.index;
    for (let first = 0; first < members.length; first += rowsPerRead) {
      const some = members.slice(first, first + rowsPerRead);
      const values = await this.#read(some);
      for (const [i, n] of some.entries())
        yield { n, row: values.subarray(i * dimension, (i + 1) * dimension) };
    }
  }

  /** Rows; NaN for those of pictures that are not as they were. */
  async #read(members: readonly number[]): Promise<Float32Array> {
    const { dimension: d } = this.#pictures.index;
    const ids = members.map((n) => this.#ids[n]!);
    const values = await this.#pictures.rowsOf(ids, this.#how);
    for (const [i, n] of members.entries()) {
      const row = values.subarray(i * d, (i + 1) * d);
      const print = Number.isNaN(row[0]) ? gone : printOf(row);
      if (this.#prints[n] === unread) this.#prints[n] = print;
      else if (this.#prints[n] !== print) this.#prints[n] = gone;
      if (this.#prints[n] === gone) row.fill(Number.NaN);
    }
    return values;
  }

  async #entries(how: CallOptions): Promise<Entry[][]> {
    return (await this.#settle(how)).map((group) => group.map((n) => this.#entryOf(n)));
  }

  #entryOf(n: number): Entry {
    const id = this.#ids[n]!;
    const meta = this.#pictures.entries[this.#pictures.position(id)!]?.meta;
    return meta === undefined ? { id } : { id, meta: copyOfJson(meta) };
  }
}

/** A number of 53 bits that other values hardly have. */
function printOf(row: Float32Array): number {
  const words = new Uint32Array(row.buffer, row.byteOffset, row.length);
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i]!, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ words[i]!, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}
