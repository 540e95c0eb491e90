import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { LikenessError } from '../errors.ts';
import { packageRoot } from '../platform/package-root.ts';
import { carryErrorCodes } from '../worker/errors.ts';
import type { ExtractWorker } from './extract-worker.node.ts';
import type { Extractor } from './extractor.ts';
import { wasmBatchSize } from './extractor.wasm.ts';
import type { Model } from './load.ts';

/** Each thread holds the weights once more; beyond this a folder is mostly waiting for its pictures to be decoded. */
const mostDefaultThreads = 4;

interface Member {
  remote: Remote<ExtractWorker>;
  thread: Worker;
  /** Calls that it has not answered. */
  calls: number;
  /** Rejects when the thread dies. */
  died: Promise<never>;
}

/**
 * The network on several threads in Node, a session each: batches run side by side. ONNX Runtime's own threads are not
 * used, because there they can wait for ever (onnxruntime-web 1.30, Node 20: one run in fifty on a loaded machine).
 * A thread starts when all that run are busy, so a single query starts one.
 */
export function createPoolExtractor(model: Model, threads?: number): Extractor {
  const { manifest } = model;
  const most = threads ?? Math.min(mostDefaultThreads, availableParallelism());
  const members: Member[] = [];
  carryErrorCodes();
  const shared = shareBytes(model);

  const idlest = (): Member => {
    const free = members.find(({ calls }) => calls === 0);
    if (free) return free;
    if (members.length < most) {
      const started = start(shared);
      members.push(started);
      return started;
    }
    return members.reduce((least, member) => (member.calls < least.calls ? member : least));
  };

  return {
    manifest,
    dimension: manifest.output.dimension,
    device: 'wasm',
    threads: most,
    batchSize: wasmBatchSize(manifest.preprocessing),
    async extract(values, n) {
      const member = idlest();
      member.calls++;
      try {
        return await Promise.race([member.remote.extract(values, n), member.died]);
      } finally {
        member.calls--;
      }
    },
    async close() {
      await Promise.all(members.splice(0).map(({ thread }) => thread.terminate()));
    },
  };
}

function start(model: Model): Member {
  const thread = new Worker(join(packageRoot, 'dist/extract-worker.js'), { workerData: model });
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
  return { remote: wrap<ExtractWorker>(nodeEndpoint(thread)), thread, calls: 0, died };
}

/** The model with its bytes in shared memory: posting it to a thread copies none of them. */
function shareBytes({ manifest, graph, shards }: Model): Model {
  const share = (bytes: Uint8Array): Uint8Array => {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    return shared;
  };
  return {
    manifest,
    graph: share(graph),
    shards: new Map([...shards].map(([file, bytes]) => [file, share(bytes)])),
  };
}
