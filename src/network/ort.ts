import type * as Ort from 'onnxruntime-web';
import { Mutex } from '../base/lock.ts';

/** One of ONNX Runtime's builds, loaded. */
export type Runtime = typeof Ort;

/** For all ORT calls of this realm (create, run and release of every session): they suspend in C++ and must not overlap. */
export const ortMutex: Mutex = new Mutex();
