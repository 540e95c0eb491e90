import { LikenessError } from '../../base/errors.ts';
import { type Remote, transfer } from '../../base/rpc.ts';
import type { BackendName } from '../backend/backend.ts';
import { createPairBlock, type OwnPairBlock, type PairBlock } from '../pair-block.ts';

/** What a thread does for a search for pairs: as a {@link PairBlock} of its own. */
export interface PairThread {
  beginPairs(dimension: number, maxDistance: number, backend: BackendName): Promise<void>;
  setPairRows(values: Float32Array): Promise<void>;
  nearPairs(queries: Float32Array, from: readonly number[]): Promise<number[][]>;
}

/** The side that computes. */
export function createPairThread(): PairThread {
  let block: Promise<OwnPairBlock>;
  /** Set while it has not the rows that it was sent: no answer would be right. */
  let failure: unknown = new Error('no rows');
  return {
    async beginPairs(dimension, maxDistance, backend) {
      block = createPairBlock(dimension, maxDistance, backend);
      await block;
    },
    async setPairRows(values) {
      failure = new Error('no rows');
      const own = await block;
      own.set(values);
      failure = undefined;
    },
    async nearPairs(queries, from) {
      const own = await block;
      if (failure) throw failure;
      return own.near(queries, from);
    },
  };
}

/** Starts a thread that serves a {@link PairThread}, its calls one after another. */
export type StartPairThread = () => Remote<PairThread> | Promise<Remote<PairThread>>;

/**
 * A block of rows that several threads have, each in a memory of its own, the calling one among them: they answer calls of
 * `near` side by side. What one computes does not depend on which it is. A thread that does not start or dies costs time,
 * nothing else: the calling one does its work.
 *
 * @param threads 2 or more
 */
export async function createThreadedPairBlock(
  dimension: number,
  maxDistance: number,
  backend: BackendName,
  threads: number,
  startThread: StartPairThread,
): Promise<PairBlock> {
  const own = await createPairBlock(dimension, maxDistance, backend);
  const started = await Promise.allSettled(
    Array.from({ length: threads - 1 }, async () => {
      const thread = await startThread();
      try {
        await thread.calls.beginPairs(dimension, maxDistance, backend);
      } catch (error) {
        thread.end(ended());
        throw error;
      }
      return thread;
    }),
  );
  const others = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  let next = 0;
  let isClosed = false;
  return {
    queriesPerPass: own.queriesPerPass,
    passesAtOnce: others.length + 1,
    set(values) {
      for (const { calls } of others) {
        const copy = values.slice();
        // One that fails fails the calls that follow it.
        calls.setPairRows(transfer(copy, [copy.buffer])).catch(() => {});
      }
      own.set(values);
    },
    near(queries, from) {
      // In turns, the calling thread last: it is busy from then on.
      const other = others[next++ % (others.length + 1)];
      if (!other) return own.near(queries, from);
      const copy = queries.slice();
      return other.calls
        .nearPairs(transfer(copy, [copy.buffer]), from)
        .catch(() => (isClosed ? [] : own.near(queries, from)));
    },
    close() {
      isClosed = true;
      for (const thread of others.splice(0)) thread.end(ended());
    },
  };
}

const ended = (): LikenessError => new LikenessError('closed', 'The search for pairs has ended.');
