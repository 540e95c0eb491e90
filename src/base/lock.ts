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
