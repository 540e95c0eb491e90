/** `knn-worker.js`: a thread of the search, in Node or in a page. */
import { createThread, type FromThread, type ToThread } from '../backend/wasm/thread.ts';

if (typeof process !== 'undefined' && typeof process.versions?.node === 'string') {
  const name = 'node:worker_threads'; // a name that bundlers for pages do not follow
  const { parentPort } = (await import(name)) as typeof import('node:worker_threads');
  const handle = createThread((message: FromThread) => parentPort!.postMessage(message));
  parentPort!.on('message', (message: ToThread) => void handle(message));
} else {
  const handle = createThread((message: FromThread) => postMessage(message));
  addEventListener('message', ({ data }: MessageEvent<ToThread>) => void handle(data));
}
