import { HttpError } from './http-error.ts';

/** How much one request, and all of them together, may ask for. */
export interface Limits {
  /** Pictures in one answer of a query. */
  k: number;
  /** `k + offset`: a page takes as long as all pages before it. */
  depth: number;
  /** Entries in one page. */
  page: number;
  /** Bytes of a body. */
  bodyBytes: number;
  /** Pictures that a query names by their ids. */
  ids: number;
  /** Queries, pages and changes that are worked on at once, */
  running: number;
  /** and that wait for their turn. */
  waiting: number;
  /** Works that go on without a place, as nobody waits for them any more: engines cannot be interrupted everywhere. */
  left: number;
  /** Where so many go on for so many milliseconds, nothing is begun until one has ended. */
  leftMs: number;
  /** Bytes of all bodies that are held, and of all answers that were not taken yet. */
  heldBytes: number;
  /** Milliseconds in which a body has to come. */
  bodyMs: number;
  /** Milliseconds for a query with its wait. */
  queryMs: number;
  /** Milliseconds that health and figures wait for the store. */
  probeMs: number;
}

export const usualLimits: Limits = {
  k: 1000,
  depth: 10_000,
  page: 1000,
  bodyBytes: 8 << 20,
  ids: 100,
  running: 8,
  waiting: 64,
  left: 8,
  leftMs: 2000,
  heldBytes: 128 << 20,
  bodyMs: 20_000,
  queryMs: 30_000,
  probeMs: 5000,
};

const busy = (what: string): HttpError =>
  new HttpError(503, 'busy', `${what}; ask again in a second.`, { 'Retry-After': '1' });

/** Nothing is begun that would wait for the same. */
const slow = (count: number): HttpError =>
  new HttpError(
    503,
    'store-slow',
    `The store of this server has not answered ${count} requests that nobody waits for any more; ask again in some seconds.`,
    { 'Retry-After': '5' },
  );

interface Waiting {
  enter(): void;
  refuse(error: HttpError): void;
}

/** Work that was let in, and that nobody waits for any more. */
interface Left {
  /** When it gave its place back; `undefined` as long as it keeps it. */
  since: number | undefined;
}

type GateLimits = Pick<Limits, 'running' | 'waiting' | 'left' | 'leftMs'>;

/**
 * Lets some go at once; others wait in the order in which they came, and too many are refused. Work whose signal is aborted
 * gives its place back at once, and is counted apart until it has ended; as many as may be so. Where these do not end,
 * nothing is begun.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #queue = new Set<Waiting>();
  readonly #aborted = new Set<Left>();
  #inside = 0;
  #left = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** How many have a place. */
  get inside(): number {
    return this.#inside;
  }

  /** How many go on without one. */
  get left(): number {
    return this.#left;
  }

  /** Why nothing is begun now; `undefined` where something may be. */
  get refusal(): HttpError | undefined {
    if (this.#left < this.#limits.left) return undefined;
    const latest = Math.max(...Array.from(this.#aborted, ({ since }) => since ?? 0));
    return performance.now() - latest < this.#limits.leftMs ? undefined : slow(this.#left);
  }

  /**
   * @param signal takes a waiting one out of the queue, and gives the place of a running one to the next
   * @throws HttpError 503
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.refusal) throw this.refusal;
    if (this.#inside < this.#limits.running) this.#inside++;
    else await this.#wait(signal);
    const left: Left = { since: undefined };
    const leave = (): void => {
      this.#aborted.add(left);
      this.#giveBack();
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      // Between its turn and now the client may have gone.
      signal.throwIfAborted();
      return await work();
    } finally {
      signal.removeEventListener('abort', leave);
      this.#aborted.delete(left);
      if (left.since === undefined) this.#inside--;
      else this.#left--;
      this.#giveBack();
    }
  }

  /** Takes the places of those that nobody waits for, as far as these may go on without. */
  #giveBack(): void {
    for (const left of this.#aborted) {
      if (left.since !== undefined || this.#left >= this.#limits.left) continue;
      left.since = performance.now();
      this.#inside--;
      this.#left++;
      // If they do not end by then, those that wait are sent away.
      if (this.#left === this.#limits.left) setTimeout(() => this.#admit(), this.#limits.leftMs + 1).unref();
    }
    this.#admit();
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#queue.size >= this.#limits.waiting) throw busy('The server works on too many requests');
    return new Promise((go, failed) => {
      const leave = (): void => {
        this.#queue.delete(waiting);
        failed(signal.reason);
      };
      const waiting: Waiting = {
        enter() {
          signal.removeEventListener('abort', leave);
          go();
        },
        refuse(error) {
          signal.removeEventListener('abort', leave);
          failed(error);
        },
      };
      this.#queue.add(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives free places to those that wait the longest; where the store is slow, sends them all away. */
  #admit(): void {
    const { refusal } = this;
    for (const waiting of this.#queue) {
      if (!refusal && this.#inside >= this.#limits.running) return;
      this.#queue.delete(waiting);
      if (refusal) waiting.refuse(refusal);
      else {
        this.#inside++;
        waiting.enter();
      }
    }
  }
}

/** Bytes that all requests together may hold. */
export class Budget {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** @throws HttpError 503 */
  take(bytes: number): void {
    if (this.#held + bytes > this.#most) throw busy('The server holds too many bytes of other requests');
    this.#held += bytes;
  }

  /** Without a limit: what was made already. */
  note(bytes: number): void {
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }

  /** Why nothing is begun now; `undefined` where there is room. */
  get refusal(): HttpError | undefined {
    return this.#held < this.#most
      ? undefined
      : busy('The server waits for clients that do not read their answers');
  }
}
