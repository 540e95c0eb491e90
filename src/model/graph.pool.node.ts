import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { LikenessError } from '../errors.ts';
import { packageRoot } from '../platform/package-root.ts';
import { carryErrorCodes } from '../worker/errors.ts';
import type { CpuGraph } from './graph.ts';
import type { GraphFiles, GraphWorker } from './graph-worker.node.ts';
import { graphShards, type Model, readWhole } from './load.ts';

/** Each thread holds the weights once more; beyond this a folder is mostly waiting for its pictures to be decoded. */
const mostDefaultThreads = 4;

interface Member {
  remote: Remote<GraphWorker>;
  thread: Worker;
  /** Calls that it has not answered. */
  calls: number;
  /** Rejects when the thread dies. */
  died: Promise<never>;
}

/**
 * The graph on several threads in Node, a session each: batches run side by side. ONNX Runtime's own threads are not
 * used, because there they can wait for ever (onnxruntime-web 1.30, Node 20: one run in fifty on a loaded machine).
 * A thread starts when all that run are busy, so a single query starts one.
 */
export async function createPoolGraph(
  model: Model,
  most: number = Math.min(mostDefaultThreads, availableParallelism()),
): Promise<CpuGraph> {
  const members: Member[] = [];
  carryErrorCodes();
  const shared = await shareFiles(model);

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
    threads: most,
    async run(values, n) {
      const member = idlest();
      member.calls++;
      try {
        return await Promise.race([member.remote.run(values, n), member.died]);
      } finally {
        member.calls--;
      }
    },
    async close() {
      await Promise.all(members.splice(0).map(({ thread }) => thread.terminate()));
    },
  };
}

function start(files: GraphFiles): Member {
  const thread = new Worker(join(packageRoot, 'dist/graph-worker.js'), { workerData: files });
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
  return { remote: wrap<GraphWorker>(nodeEndpoint(thread)), thread, calls: 0, died };
}

/** The graph and its shards in shared memory: posting them to a thread copies nothing. */
async function shareFiles({ manifest, files }: Model): Promise<GraphFiles> {
  const shared = new Map<string, Uint8Array>();
  for (const { file } of [manifest.graph, ...graphShards(manifest)]) {
    const bytes = await readWhole(files.get(file)!);
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    shared.set(file, copy);
  }
  return { manifest, files: shared };
}
