import { scriptOf, startWorker } from '../assets/start-worker.ts';
import { LikenessError } from '../errors.ts';
import { isNode } from '../shared-memory.ts';
import type { Port, ThreadStart } from './thread-port.ts';

/** Starts the script of a thread, in Node or in a page. */
export function startThread(how: ThreadStart): Promise<Port> {
  return isNode() ? startInNode() : startInPage(how);
}

async function startInPage({ assets, worker: make }: ThreadStart): Promise<Port> {
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

async function startInNode(): Promise<Port> {
  const name = 'node:worker_threads'; // a name that bundlers for pages do not follow
  const { Worker: NodeWorker } = (await import(name)) as typeof import('node:worker_threads');
  const worker = new NodeWorker(await scriptInNode());
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

/** @throws LikenessError `not-found` in a bundle without the script */
async function scriptInNode(): Promise<URL> {
  const name = 'node:fs';
  const { existsSync } = (await import(name)) as typeof import('node:fs');
  try {
    // Bundled as CommonJS, code has no URL.
    const script = new URL('./knn-worker.js', import.meta.url);
    if (existsSync(script)) return script;
  } catch {}
  throw new LikenessError(
    'not-found',
    'the script knn-worker.js is not beside this code. Bundled, mark "likeness-search" as external in your bundler (esbuild --external:likeness-search), or copy likeness-search/dist/knn-worker.js there',
  );
}
