import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { LikenessError } from '../errors.ts';
import { packagePath } from '../platform/package-root.ts';
import { carryErrorCodes } from '../worker/errors.ts';
import { loadNetwork } from './convolution/network.ts';
import { cpuBatchSize } from './extractor.cpu.ts';
import type { CpuGraph } from './graph.ts';
import type { GraphWorker, GraphWorkerData } from './graph-worker.node.ts';
import { graphShards, type Model, readWhole } from './load.ts';
import { createPool, type PoolThread } from './pool.ts';

/** Beyond this a folder is mostly waiting for its pictures to be decoded. */
const mostDefaultThreads = 4;

/**
 * A model's graph on threads of their own in Node: our convolutions over one copy of the weights, or a session of ONNX
 * Runtime each. ONNX Runtime's own threads are not used, because there they can wait for ever (onnxruntime-web 1.30,
 * Node 20: one run in fifty on a loaded machine).
 */
export async function createPoolGraph(
  model: Model,
  threads: number = Math.min(mostDefaultThreads, availableParallelism()),
): Promise<CpuGraph> {
  carryErrorCodes();
  if (model.manifest.convolutions) {
    const batch = cpuBatchSize(model.manifest.preprocessing);
    const network = await loadNetwork(model, { threads, shared: true, batch });
    return createPool(threads, (index) => start({ network, index }));
  }
  const files = await shareFiles(model);
  return createPool(threads, () => start({ manifest: model.manifest, files }));
}

function start(workerData: GraphWorkerData): PoolThread {
  const thread = new Worker(packagePath('dist/node/graph-worker.js'), { workerData });
  const died = new Promise<never>((_, reject) => {
    thread.once('error', (error) =>
      reject(
        new LikenessError('no-backend', `A thread of the network failed: ${error.message}`, { cause: error }),
      ),
    );
    thread.once('exit', () =>
      reject(new LikenessError('closed', 'The network was closed while it was running.')),
    );
  });
  died.catch(() => {});
  const remote = wrap<GraphWorker>(nodeEndpoint(thread));
  return {
    run: (values, n) => Promise.race([remote.run(values, n), died]),
    end: () => thread.terminate(),
  };
}

/** The graph and its shards in shared memory: posting them to a thread copies nothing. */
async function shareFiles({ manifest, files }: Model): Promise<Map<string, Uint8Array>> {
  const shared = new Map<string, Uint8Array>();
  for (const { file } of [manifest.graph, ...graphShards(manifest)]) {
    const bytes = await readWhole(files.get(file)!);
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    shared.set(file, copy);
  }
  return shared;
}
