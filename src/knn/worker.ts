/** `knn-worker.js`: a thread of the search, in Node or in a page. */
import { createThread, type ThreadAsk } from './thread.ts';
import type { Answer, Request } from './thread-port.ts';

if (typeof process !== 'undefined' && typeof process.versions?.node === 'string') {
  const name = 'node:worker_threads'; // a name that bundlers for pages do not follow
  const { parentPort } = (await import(name)) as typeof import('node:worker_threads');
  const handle = createThread((message: Answer) => parentPort!.postMessage(message));
  parentPort!.on('message', (message: Request<ThreadAsk>) => handle(message));
} else {
  const handle = createThread((message: Answer) => postMessage(message));
  addEventListener('message', ({ data }: MessageEvent<Request<ThreadAsk>>) => handle(data));
}
