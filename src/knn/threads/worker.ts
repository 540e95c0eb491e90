/** `likeness-knn-worker.js`: a thread of the search in a page. */
import { createThread, type ThreadAsk } from './thread.ts';
import type { Answer, Request } from './thread-port.ts';

const handle = createThread((message: Answer) => postMessage(message));
addEventListener('message', ({ data }: MessageEvent<Request<ThreadAsk>>) => handle(data));
