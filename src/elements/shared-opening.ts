import type { LikenessProgress } from './base-element.ts';

export type OnProgress = (progress: LikenessProgress) => void;

interface Opening<T> {
  opened: Promise<T>;
  stop: AbortController;
  /** Searches that wait for it. */
  waiting: number;
}

/** What is opened once for all elements of a page. It ends when nobody waits for it any more. */
export class SharedOpening<T> {
  readonly #load: (signal: AbortSignal, tell: OnProgress) => Promise<T>;
  readonly #close: (opened: T) => void;
  readonly #listeners = new Set<OnProgress>();
  #opening: Opening<T> | undefined;
  #last: LikenessProgress | undefined;

  constructor(load: (signal: AbortSignal, tell: OnProgress) => Promise<T>, close: (opened: T) => void) {
    this.#load = load;
    this.#close = close;
  }

  /** Whether it is open, or on its way. */
  get isBegun(): boolean {
    return this.#opening !== undefined;
  }

  async open(signal: AbortSignal, onProgress: OnProgress): Promise<T> {
    signal.throwIfAborted();
    this.#opening ??= this.#begin();
    const opening = this.#opening;
    opening.waiting++;
    this.#listeners.add(onProgress);
    if (this.#last) onProgress(this.#last);
    try {
      return await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        opening.opened.then(resolve, reject);
      });
    } finally {
      this.#listeners.delete(onProgress);
      opening.waiting--;
      if (signal.aborted) queueMicrotask(() => this.#stopUnlessWanted(opening));
    }
  }

  /** Closes it: the next search opens what is there then. */
  forget(): void {
    const { opened } = this.#opening ?? {};
    this.#opening = undefined;
    void opened?.then(this.#close);
  }

  #begin(): Opening<T> {
    const stop = new AbortController();
    const opened = this.#load(stop.signal, (progress) => {
      this.#last = progress;
      for (const listener of this.#listeners) listener(progress);
    });
    const opening = { opened, stop, waiting: 0 };
    opened.then(
      () => {
        this.#last = undefined;
      },
      () => {
        if (this.#opening === opening) this.#opening = undefined;
        this.#last = undefined;
      },
    );
    return opening;
  }

  #stopUnlessWanted(opening: Opening<T>): void {
    if (opening.waiting === 0 && this.#last) opening.stop.abort();
  }
}
