import script from '#threads/search.txt';
import { startWorker } from '../../base/start-worker.node.ts';
import type { Port } from './thread-port.ts';

/** Starts a thread of the search in Node. */
export async function startThread(): Promise<Port> {
  const worker = startWorker(script, 'likeness-search');
  let asked = 0;
  return {
    post(message, transfer = []) {
      if (asked++ === 0) worker.ref();
      worker.postMessage(message, transfer);
    },
    listen(onMessage, onError) {
      worker.on('message', (message) => {
        if (--asked === 0) worker.unref(); // idle threads keep no program alive
        onMessage(message);
      });
      worker.on('error', onError);
    },
    end: () => void worker.terminate(),
  };
}
