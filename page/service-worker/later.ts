/** Between two looks whether it is quiet. */
const stepMs = 100;
/** What comes meanwhile is not held up by much. */
const atOnce = 4;

/** Work that waits until nothing came for a while. */
export class Later {
  readonly #restMs: number;
  readonly #queue: (() => Promise<void>)[] = [];
  #last = 0;
  #isRunning = false;

  constructor(restMs: number) {
    this.#restMs = restMs;
  }

  /** How much waits. */
  get size(): number {
    return this.#queue.length;
  }

  /** Something came that goes first. */
  touch(): void {
    this.#last = performance.now();
  }

  /** Resolves when it is done, and where it failed. */
  add(work: () => Promise<unknown>): Promise<void> {
    return new Promise((done) => {
      this.#queue.push(() =>
        work().then(
          () => done(),
          () => done(),
        ),
      );
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#queue.length > 0) {
      if (performance.now() - this.#last < this.#restMs)
        await new Promise((done) => setTimeout(done, stepMs));
      else await Promise.all(this.#queue.splice(0, atOnce).map((work) => work()));
    }
    this.#isRunning = false;
  }
}
