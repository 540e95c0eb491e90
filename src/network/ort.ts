import type * as Ort from 'onnxruntime-web';

/** One of ONNX Runtime's builds, loaded. */
export interface Runtime {
  ort: typeof Ort;
  /** Threads of its wasm; fixed with the first session of a realm. */
  threads: number;
}

/** Runs one call after another: ONNX Runtime's calls suspend in C++ and must not overlap. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(call, call);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** All ORT calls of this realm: create, run and release of every session. */
export const ortQueue: Queue = new Queue();
