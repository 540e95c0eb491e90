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
  /** Bytes of all bodies that are held, and of all answers that were not taken yet. */
  heldBytes: number;
  /** Milliseconds in which a body has to come. */
  bodyMs: number;
  /** Milliseconds for a query with its wait. */
  queryMs: number;
}

export const usualLimits: Limits = {
  k: 1000,
  depth: 10_000,
  page: 1000,
  bodyBytes: 8 << 20,
  ids: 100,
  running: 8,
  waiting: 64,
  heldBytes: 128 << 20,
  bodyMs: 20_000,
  queryMs: 30_000,
};

const busy = (what: string): HttpError =>
  new HttpError(503, 'busy', `${what}; ask again in a second.`, { 'Retry-After': '1' });

/** Lets some go at once; others wait in the order in which they came, and too many are refused. */
export class Gate {
  readonly #running: number;
  readonly #waiting: number;
  readonly #queue: (() => void)[] = [];
  #inside = 0;

  constructor({ running, waiting }: Pick<Limits, 'running' | 'waiting'>) {
    this.#running = running;
    this.#waiting = waiting;
  }

  /** How many run now. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * @param signal takes a waiting one out of the queue
   * @throws HttpError 503
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#inside < this.#running) this.#inside++;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      // The next one takes over this place.
      const next = this.#queue.shift();
      if (next) next();
      else this.#inside--;
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.#waiting) throw busy('The server works on too many requests');
    return new Promise((go, failed) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        go();
      };
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        failed(signal.reason);
      };
      this.#queue.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
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
