import { scriptOf, startWorker } from '../assets/start-worker.ts';
import type { Port, ThreadStart } from './thread-port.ts';

/** Starts a thread of the search in a page. In Node `#start-thread` is another module. */
export async function startThread({ assets, worker: make }: ThreadStart): Promise<Port> {
  const worker = make
    ? make()
    : startWorker(
        scriptOf(
          'likeness-knn-worker.js',
          () =>
            new Worker(new URL('./likeness-knn-worker.js', import.meta.url), {
              type: 'module',
              name: 'likeness-knn-worker',
            }),
          assets,
        ),
        'likeness-knn-worker',
      );
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen(onMessage, onError) {
      worker.addEventListener('message', ({ data }) => onMessage(data));
      worker.addEventListener('error', ({ message }) =>
        onError(new Error(message || 'its script could not be loaded')),
      );
    },
    end: () => worker.terminate(),
  };
}
