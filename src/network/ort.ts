import type * as Ort from 'onnxruntime-web';
import { Mutex } from '../base/lock.ts';

/** One of ONNX Runtime's builds, loaded. */
export interface Runtime {
  ort: typeof Ort;
  /** Threads of its wasm; fixed with the first session of a realm. */
  threads: number;
}

/** For all ORT calls of this realm (create, run and release of every session): they suspend in C++ and must not overlap. */
export const ortMutex: Mutex = new Mutex();
