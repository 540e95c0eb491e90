import { LikenessError } from '../../errors.ts';
import type { ThreadPort } from './threads.ts';

/** Whether threads can share memory here: in Node always, in a page when it is cross-origin isolated. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (isNode() || globalThis.crossOriginIsolated === true);
}

/** Starts the script that lies beside this one, `knn-worker.js`, in Node or in a page. */
export function startThread(): Promise<ThreadPort> {
  return isNode() ? startInNode() : startInPage();
}

function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string';
}

async function startInPage(): Promise<ThreadPort> {
  const worker = new Worker(new URL('./knn-worker.js', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen(onMessage) {
      worker.addEventListener('message', ({ data }) => onMessage(data));
      worker.addEventListener('error', ({ message }) => onMessage(failed(message)));
    },
    end: () => worker.terminate(),
  };
}

async function startInNode(): Promise<ThreadPort> {
  const name = 'node:worker_threads'; // a name that bundlers for pages do not follow
  const { Worker: NodeWorker } = (await import(name)) as typeof import('node:worker_threads');
  const worker = new NodeWorker(new URL('./knn-worker.js', import.meta.url));
  return {
    post: (message) => {
      worker.ref();
      worker.postMessage(message);
    },
    listen(onMessage) {
      worker.on('message', (message) => {
        worker.unref(); // idle threads keep no program alive
        onMessage(message);
      });
      worker.on('error', (error) => onMessage(failed(error.message)));
    },
    end: () => void worker.terminate(),
  };
}

function failed(message: string): LikenessError {
  return new LikenessError('no-backend', `A thread of the search failed: ${message}`);
}
