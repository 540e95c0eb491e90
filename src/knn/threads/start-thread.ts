import type { AssetLocation } from '../../assets/resolve.ts';
import { scriptOf, startWorker } from '../../assets/start-worker.ts';
import type { Remote } from '../../base/rpc.ts';
import { type SearchThread, threadName } from './thread.ts';

/** How a program has a thread started in a page. */
export interface ThreadStart {
  assets?: AssetLocation | undefined;
  worker?: (() => Worker) | undefined;
}

/** Starts a thread of the search in a page. In Node `#start-thread` is another module. */
export async function startThread({ assets, worker }: ThreadStart): Promise<Remote<SearchThread>> {
  const start =
    worker ??
    scriptOf(
      'likeness-knn-worker.js',
      () =>
        new Worker(new URL('./likeness-knn-worker.js', import.meta.url), {
          type: 'module',
          name: 'likeness-knn-worker',
        }),
      assets,
    );
  return startWorker(start, 'likeness-knn-worker', threadName);
}
