import { LikenessError } from '../../base/errors.ts';
import type { Calls, Remote } from '../../base/rpc.ts';
import type { BackendName, RowHolder, RowSet } from '../backend/backend.ts';
import { addTo, emptySet, has } from '../backend/row-set.ts';
import { type Found, merge } from '../search/found.ts';
import type { Limits } from '../search/search.ts';
import { createWasmBackend } from '../wasm/backend.ts';
import { Shard } from './shard.ts';
import type { SearchThread } from './thread.ts';
import { endThreads, type SearchThreads, type StartThread, startThreads } from './threads.ts';

/** The rows that one shard has: the numbers that they have among all, ascending. */
type Holding = number[];

/**
 * Rows divided among threads when they are added. Each thread has a memory of its own, for pages that are not cross-origin
 * isolated. The calling thread has a part of the rows, too.
 *
 * Changes are posted, and happen before the searches that follow them. If a thread has no room for its rows, every later
 * search fails with that error.
 */
export class Shards implements RowHolder, SearchThreads {
  readonly name: BackendName;
  readonly dimension: number;
  readonly #own: Shard;
  readonly #others: Remote<SearchThread>[];
  /** The own one and the others. */
  readonly #shards: readonly Calls<Shard>[];
  readonly #holdings: Holding[];
  /** Which shard has a row, and as which of its rows. */
  readonly #owner: number[] = [];
  readonly #place: number[] = [];

  private constructor(name: BackendName, dimension: number, own: Shard, others: Remote<SearchThread>[]) {
    this.name = name;
    this.dimension = dimension;
    this.#own = own;
    this.#others = others;
    this.#shards = [own, ...others.map(({ calls }) => calls)];
    this.#holdings = this.#shards.map(() => []);
  }

  static async start(dimension: number, threads: number, startThread: StartThread): Promise<Shards> {
    const backend = await createWasmBackend(dimension);
    const others = await startThreads(threads - 1, startThread, (thread) => thread.own(dimension));
    return new Shards(backend.name, dimension, new Shard(backend), others);
  }

  get rows(): number {
    return this.#owner.length;
  }

  get count(): number {
    return this.#holdings.length;
  }

  append(values: Float32Array): void {
    const d = this.dimension;
    const added = values.length / d;
    // Each is filled up to its even part.
    const even = Math.ceil((this.rows + added) / this.count);
    for (let shard = 0, done = 0; done < added; shard++) {
      const holding = this.#holdings[shard]!;
      const taken = Math.min(added - done, Math.max(0, even - holding.length));
      if (taken === 0) continue;
      unheard(this.#shards[shard]!.append(values.slice(done * d, (done + taken) * d)));
      for (const end = done + taken; done < end; done++) {
        this.#place.push(holding.length);
        holding.push(this.#owner.push(shard) - 1);
      }
    }
  }

  set(row: number, values: Float32Array): void {
    unheard(this.#shards[this.#owner[row]!]!.set(this.#place[row]!, values.slice()));
  }

  remove(rows: readonly number[]): void {
    const gone = emptySet(this.rows);
    for (const row of rows) addTo(gone, row);
    const moved = new Uint32Array(this.rows);
    for (let row = 0, to = 0; row < this.rows; row++) {
      moved[row] = to;
      if (!has(gone, row)) to++;
    }
    for (const [shard, holding] of this.#holdings.entries()) {
      const removed = [...holding.keys()].filter((place) => has(gone, holding[place]!));
      if (removed.length > 0) unheard(this.#shards[shard]!.remove(removed));
      const kept = holding.filter((row) => !has(gone, row)).map((row) => moved[row]!);
      this.#holdings[shard] = kept;
      for (const [place, row] of kept.entries()) {
        this.#owner[row] = shard;
        this.#place[row] = place;
      }
    }
    this.#owner.length = this.#place.length = this.rows - rows.length;
  }

  row(): Float32Array {
    throw new LikenessError(
      'bad-argument',
      'The rows of this index are with its threads; `read` gives copies of them.',
    );
  }

  async read(rows: Uint32Array): Promise<Float32Array> {
    const d = this.dimension;
    const values = new Float32Array(rows.length * d);
    await Promise.all(
      this.#holdings.map(async (_, shard) => {
        const at = [...rows.keys()].filter((i) => this.#owner[rows[i]!] === shard);
        if (at.length === 0) return;
        const places = Uint32Array.from(at, (i) => this.#place[rows[i]!]!);
        const part = await this.#shards[shard]!.read(places);
        for (const [n, i] of at.entries()) values.set(part.subarray(n * d, (n + 1) * d), i * d);
      }),
    );
    return values;
  }

  pay(): boolean {
    return true;
  }

  async search(queries: Float32Array, skip: RowSet | undefined, limits: Limits): Promise<Found> {
    const { k, maxDistance } = limits;
    const holdings = [...this.#holdings];
    const skips = holdings.map((holding) => skip && placesIn(skip, holding));
    // The others first: this thread is busy afterwards.
    const asked = this.#others.map(({ calls }, at) =>
      calls.search(queries, skips[at + 1], { k, maxDistance, signal: undefined }),
    );
    const found = await Promise.all([this.#own.search(queries, skips[0], limits), ...asked]);
    return merge(
      found.map((part, shard) => ({
        found: part,
        firstQuery: 0,
        rowOf: (row) => holdings[shard]![row]!,
      })),
      queries.length / this.dimension,
      k,
    );
  }

  close(): void {
    this.#own.close();
    endThreads(this.#others);
  }
}

/** A change that fails fails the next search of its shard. */
const unheard = (change: Promise<void>): void => void change.catch(() => {});

/** Which of a shard's rows belong to a set of all rows. */
function placesIn(set: RowSet, holding: Holding): RowSet {
  const places = emptySet(holding.length);
  for (const [place, row] of holding.entries()) if (has(set, row)) addTo(places, place);
  return places;
}
