import { isNotLoaded, scriptOf, startWorker } from '../../assets/start-worker.ts';
import { programBase } from '../../web/place.ts';
import { hearPolicy } from '../../web/policy.ts';
import { howToStart, whyNotLoaded } from '../../web/why-not.ts';
import type { Port, ThreadStart } from './thread-port.ts';

/** Starts a thread of the search in a page. In Node `#start-thread` is another module. */
export async function startThread({ assets, worker: make }: ThreadStart): Promise<Port> {
  const start =
    make ??
    scriptOf(
      'likeness-knn-worker.js',
      () =>
        new Worker(new URL('./likeness-knn-worker.js', import.meta.url), {
          type: 'module',
          name: 'likeness-knn-worker',
        }),
      assets,
    );
  const policy = hearPolicy({ throughBlob: true });
  const worker = typeof start === 'function' ? start() : startWorker(start, 'likeness-knn-worker');
  const whyNot = async (): Promise<string> => {
    if (typeof start === 'function') return 'its script cannot be loaded';
    const url = new URL(start.url, programBase()).href;
    return `its script, ${url}, cannot be loaded: ${(await whyNotLoaded(url, policy, 'worker')) ?? howToStart(url)}`;
  };
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen(onMessage, onError) {
      worker.addEventListener('message', ({ data }) => onMessage(data));
      worker.addEventListener('message', () => policy.end(), { once: true });
      worker.addEventListener('error', async (event) => {
        const message = event.message ?? '';
        onError(new Error(isNotLoaded(message) ? await whyNot() : message));
        policy.end();
      });
    },
    end() {
      policy.end();
      worker.terminate();
    },
  };
}
