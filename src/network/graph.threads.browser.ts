import { startWorker, type WorkerStart } from '../assets/start-worker.ts';
import { sourceOf } from '../web/policy.ts';
import { canShareMemory, whyNotShared } from '../web/shared-memory.ts';
import { loadNetwork } from './convolution/network.ts';
import { createThread } from './convolution/thread.ts';
import { cpuBatchSize } from './extractor.cpu.ts';
import type { CpuGraph } from './graph.ts';
import type { Model } from './load.ts';
import { type NetworkWorker, networkThreadName, startNetworkThread } from './network-thread.ts';
import { createPool } from './pool.ts';

/** Threads that an ordinary machine has to spare. */
const maxDefaultThreads = 4;

const defaultThreads = (): number => Math.min(maxDefaultThreads, navigator.hardwareConcurrency || 1);

/** How many threads a page has that wants so many: one where it is not cross-origin isolated. */
export const threadsHere = (wanted: number | undefined): number =>
  canShareMemory() ? (wanted ?? defaultThreads()) : 1;

/**
 * A model's convolutions in a page, in our own kernels. If memory can be shared (a page that is cross-origin isolated), they
 * have threads of their own, over one copy of the weights; the calling worker decodes meanwhile. Otherwise, or if no thread
 * starts, they run in the calling worker.
 *
 * @param script of a worker that serves a {@link NetworkWorker}
 */
export async function createThreadsGraph(
  model: Model,
  threads: number | undefined,
  script: WorkerStart,
): Promise<CpuGraph> {
  const wanted = threads ?? defaultThreads();
  const shared = canShareMemory();
  const count = threadsHere(threads);
  const batch = cpuBatchSize(model.manifest.preprocessing);
  const network = await loadNetwork(model, { threads: count, shared, batch });
  let note =
    wanted > 1 && !shared ? `one thread, as memory cannot be shared here: ${whyNotShared()}` : undefined;
  const start = (index: number) =>
    startNetworkThread(
      startWorker<NetworkWorker>(script, 'likeness-network', networkThreadName, notAgain),
      network,
      index,
    );
  if (shared) {
    let first: ReturnType<typeof start> | undefined;
    try {
      first = start(0);
      await first.ready;
      return createPool(count, (index) => (index === 0 ? first! : start(index)));
    } catch (error) {
      void first?.end();
      note = `one thread, as others do not start: ${(error as Error).message}`;
    }
  }
  const thread = await createThread(network, 0);
  return {
    threads: 1,
    note,
    run: async (values, n, layers) => thread.run(values, n, layers),
    close: async () => {},
  };
}

/** Firefox starts no worker from the blob that made this one, in an isolated page; other browsers do. */
function notAgain(): string {
  const source = sourceOf(globalThis.location.href);
  const blob = source === 'blob:' ? ' (Firefox refuses that where the library is on another origin)' : '';
  return `its script is not loaded again${blob}; a Content-Security-Policy that comes with it has to allow worker-src ${source}`;
}
