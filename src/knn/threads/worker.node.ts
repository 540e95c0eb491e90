/** A thread of the search in Node. */
import { parentPort } from 'node:worker_threads';
import { createThread, type ThreadAsk } from './thread.ts';
import type { Answer, Request } from './thread-port.ts';

const port = parentPort!;
const handle = createThread((message: Answer) => port.postMessage(message));
port.on('message', (message: Request<ThreadAsk>) => handle(message));
