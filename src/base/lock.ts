/** The right to write, until it is released or its process or tab ends. */
export interface StoreLock {
  /** Throws `locked` where the lock was lost. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Lets one piece of work run at a time, in the order in which they were asked for. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all work before it has ended, whether that succeeded or not. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all work that was asked for before this call has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}

/** Lets so many pieces of work run at a time; others wait in the order in which they came. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      // The next one takes over this place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
