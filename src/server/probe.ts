import { LikenessError } from '../base/errors.ts';

/** More are not under way at once: who asks then gets the answer of the last of them. */
const mostAtOnce = 4;

/** Reads something for whoever asks, in bounded time and with few calls at once, also where a call does not end. */
export class Probe<T> {
  readonly #read: () => Promise<T>;
  readonly #patienceMs: number;
  #running = 0;
  #last: Promise<T> | undefined;

  /** @param patienceMs after so many milliseconds nobody waits any more; the call goes on */
  constructor(read: () => Promise<T>, patienceMs: number) {
    this.#read = read;
    this.#patienceMs = patienceMs;
  }

  /** @throws LikenessError `storage-failed` where it takes too long; what reading throws */
  async read(): Promise<T> {
    if (!this.#last || this.#running < mostAtOnce) {
      this.#running++;
      this.#last = this.#read().finally(() => this.#running--);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, failed) => {
      const message = `The index was not read within ${this.#patienceMs / 1000} seconds.`;
      timer = setTimeout(() => failed(new LikenessError('storage-failed', message)), this.#patienceMs);
    });
    try {
      return await Promise.race([this.#last, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
