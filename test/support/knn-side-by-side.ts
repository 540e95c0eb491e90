import assert from 'node:assert/strict';
import type { FlatIndex, SearchOptions } from '../../src/knn/flat-index.ts';
import { kinds, oracle } from './knn-kinds.ts';
import { seeded } from './random.ts';

/** A row of the plain list that an index is compared with. */
interface Row {
  /** Stays with the row, whatever its number is. */
  id: number;
  values: Float32Array;
}

export interface SideBySide {
  d: number;
  /** Rows at the beginning: enough for codes, and for work to be divided. */
  rows: number;
  rounds: number;
  /** An empty index. `changing` is called before rows are added or replaced, with their numbers in the order of adding. */
  create: () => Promise<{ index: FlatIndex; changing?: (number: number, values: Float32Array) => void }>;
  /** Of what is read while it is replaced, the new values may come: so do those of rows outside memory. */
  readsLate?: boolean;
}

/**
 * Searches, reads, aborts, additions, replacements and removals at random, side by side. What an answer has to be, a
 * plain list says: of a search, for the rows as they are when it comes; of a read, for those of the call.
 *
 * @returns how many searches answered
 */
export async function runSideBySide(options: SideBySide, seed: number): Promise<number> {
  const { d, rounds, readsLate = false } = options;
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const { index, changing } = await options.create();
  let list: Row[] = [];
  /** The lists of a moment ago: a change may come in between an answer and who awaits it. */
  let earlier: Row[][] = [];
  /** By id, all that a row ever was. */
  const values = new Map<number, Float32Array[]>();
  let added = 0;
  let answered = 0;
  const failures: string[] = [];
  const running = new Set<Promise<void>>();

  const change = (next: Row[]): void => {
    const before = [list, ...earlier].slice(0, 2);
    earlier = before;
    setTimeout(() => {
      if (earlier === before) earlier = [];
    });
    list = next;
    for (const { id, values: those } of next) {
      const known = values.get(id) ?? [];
      if (known.at(-1) !== those) values.set(id, [...known, those]);
    }
  };
  const add = (count: number): void => {
    const kind = ['ReLU-sparse', 'ties at rank k'][below(2)]!;
    const block = kinds[kind]!(count, d, random);
    const fresh = Array.from({ length: count }, (_, i) => ({
      id: added + i,
      values: block.slice(i * d, (i + 1) * d),
    }));
    for (const { id, values } of fresh) changing?.(id, values);
    assert.equal(index.add(block), list.length);
    block.fill(7); // it was copied
    added += count;
    change([...list, ...fresh]);
  };
  const set = (): void => {
    const at = below(list.length);
    const values = list[below(list.length)]!.values.slice();
    values[below(d)] = random();
    changing?.(list[at]!.id, values);
    index.set(at, values);
    change(list.with(at, { id: list[at]!.id, values: values.slice() }));
    values.fill(7);
  };
  const remove = (): void => {
    // Mostly a few, which stay as dead slots; at times many, which are compacted away.
    const gone = new Set(
      Array.from({ length: random() < 0.3 ? list.length / 3 : 5 }, () => below(list.length)),
    );
    index.remove(gone);
    change(list.filter((_, row) => !gone.has(row)));
  };

  const search = async (): Promise<void> => {
    const count = 1 + below(9);
    const k = random() < 0.1 ? list.length + below(50) : 1 + below(40);
    const queries = new Float32Array(count * d);
    for (let q = 0; q < count; q++) {
      const values = list[below(list.length)]!.values.slice();
      values[below(d)]! += random();
      queries.set(values, q * d);
    }
    const called = list;
    const wanted = { filter: below(4), exclude: below(3) };
    const third = (row: Row | undefined): boolean => row !== undefined && row.id % 3 !== 1;
    const excluded = new Set(Array.from({ length: 20 }, () => called[below(called.length)]!.id));
    const named = new Set(called.filter(third).map(({ id }) => id));
    const search: SearchOptions = {};
    if (wanted.filter === 1) search.filter = (row) => third(list[row]);
    if (wanted.filter === 2) search.filter = Uint8Array.from(called, (row) => Number(third(row)));
    if (wanted.exclude === 1)
      search.exclude = called.flatMap(({ id }, row) => (excluded.has(id) ? [row] : []));
    if (random() < 0.2) search.maxDistance = 2 * random() * Math.sqrt(d);
    const abort = random() < 0.15 ? new AbortController() : undefined;
    if (abort) {
      search.signal = abort.signal;
      if (random() < 0.5) setTimeout(() => abort.abort(), below(8));
      else void pause(below(20)).then(() => abort.abort());
    }
    const asked = queries.slice();
    const pending = index.search(asked, k, search);
    asked.fill(Number.NaN); // it was copied, and so was this:
    if (search.filter instanceof Uint8Array) search.filter.fill(1);
    const takesPart = (row: Row): boolean =>
      (wanted.filter !== 1 || third(row)) &&
      (wanted.filter !== 2 || named.has(row.id)) &&
      (wanted.exclude !== 1 || !excluded.has(row.id));
    const found = await pending.catch((error) => {
      if (abort?.signal.aborted && error === abort.signal.reason) return undefined;
      throw error;
    });
    const current = [list, ...earlier];
    if (!found) return;
    answered++;
    const wrong = current.map((rows) => {
      const block = flatten(
        rows.map(({ values }) => values),
        d,
      );
      const take = rows.map(takesPart);
      const max = Math.min(k, take.filter(Boolean).length);
      if (found.k !== max) return `k is ${found.k}, not ${max}`;
      for (let q = 0; q < count; q++) {
        const right = oracle(block, queries.subarray(q * d, (q + 1) * d), k, (row) => take[row]!);
        const { maxDistance = Number.POSITIVE_INFINITY } = search;
        const within = right.distances.filter((distance) => distance <= maxDistance).length;
        if (found.counts[q] !== within) return `query ${q}: ${found.counts[q]} rows, not ${within}`;
        for (let i = 0; i < within; i++) {
          const at = q * found.k + i;
          if (found.rows[at] !== right.rows[i] || found.distances[at] !== right.distances[i]) {
            return `query ${q}, rank ${i}: row ${found.rows[at]} at ${found.distances[at]}, not ${right.rows[i]} at ${right.distances[i]}`;
          }
        }
      }
      return undefined;
    });
    if (wrong.every((what) => what !== undefined)) failures.push(`search: ${wrong[0]}`);
  };

  const read = async (): Promise<void> => {
    const called = list;
    const rows = Array.from({ length: 1 + below(50) }, () => below(called.length));
    const read = await index.read(rows);
    for (const [i, row] of rows.entries()) {
      const found = read.subarray(i * d, (i + 1) * d);
      const { id, values: those } = called[row]!;
      const right = readsLate ? values.get(id)!.slice(values.get(id)!.indexOf(those)) : [those];
      if (!right.some((one) => one.every((value, j) => value === found[j]))) {
        failures.push(`read: row ${row} is another`);
        return;
      }
    }
  };

  const start = (work: () => Promise<void>): void => {
    const promise: Promise<void> = work()
      .catch((error) => void failures.push(`${error?.stack ?? error}`))
      .finally(() => running.delete(promise));
    running.add(promise);
  };

  add(options.rows);
  for (let round = 0; round < rounds && failures.length === 0; round++) {
    for (let i = below(4); i >= 0; i--) start(random() < 0.8 ? search : read);
    // At once, in the middle of the work, or when some of it is done.
    await pause(random() < 0.5 ? below(30) : 0);
    if (random() < 0.4) await new Promise((resolve) => setTimeout(resolve, below(12)));
    const choice = random();
    if (list.length < options.rows / 2 || choice < 0.3) add(1 + below(options.rows / 4));
    else if (choice < 0.5) set();
    else if (choice < 0.75) remove();
    if (random() < 0.2) await Promise.all(running);
  }
  await Promise.all(running);
  // Those under way when it closes end, each in one of two ways.
  const last = Array.from({ length: 4 }, () => index.search(list[0]!.values, 3));
  const reading = index.read([0]);
  index.close();
  for (const pending of last) await assert.rejects(pending, { name: 'LikenessError', code: 'closed' });
  await reading.catch((error) => assert.equal(error.code, 'closed'));
  assert.deepEqual(failures, [], `seed ${seed}`);
  return answered;
}

/** Lets so many steps of other work go by, without leaving the queue of promises. */
async function pause(steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) await undefined;
}

function flatten(rows: readonly Float32Array[], d: number): Float32Array {
  const block = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) block.set(row, i * d);
  return block;
}
