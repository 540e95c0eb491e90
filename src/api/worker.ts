import type { AssetUrls } from '../assets/names.ts';
import { LikenessError } from '../base/errors.ts';
import { domPort, serve } from '../base/rpc.ts';
import { checkWebAssembly } from '../base/web-assembly.ts';
import { type DeliveredModel, type DeliveryProgress, deliver } from '../delivery/deliver.ts';
import { openCache } from '../delivery/open-cache.ts';
import { type ModelSource, originOf } from '../delivery/source.ts';
import { createNetworkThread } from '../network/network-thread.ts';
import type { PostedStoreName } from '../store/media/open-store.browser.ts';
import { type OpenRequest, openEngine, type PageEngine } from './open-engine.ts';

export interface OpenAnswer {
  /** Pictures that one `add` takes best. */
  batchSize: number;
  /** Threads of the network: batches that run side by side. */
  threads: number;
  /** Pictures in the index. */
  size: number;
  /** Why this worker is no good any more and another one has to be taken. */
  spoiled?: string;
}

/** What the page calls before there is an engine. */
interface Opener {
  /** Brings a model's files here. They come first: a session that fails for want of them can spoil a realm. */
  load(
    source: ModelSource,
    options: { refresh: boolean; onProgress: (progress: DeliveryProgress) => void },
  ): Promise<DeliveredModel>;
  open(
    model: DeliveredModel,
    options: OpenRequest,
    assets: AssetUrls,
    store?: PostedStoreName,
  ): Promise<OpenAnswer>;
}

/** What the page calls: `load`, `open`, then the calls of the engine. */
export type EngineWorker = Opener & PageEngine;

/** Progress is told so often, whatever the size of the network's packets. */
const progressMs = 50;

let engine: PageEngine | undefined;

const opener: Opener = {
  async load(source, { refresh, onProgress }) {
    checkWebAssembly();
    const { origin, key } = originOf(source);
    let told = 0;
    const { cache, warnings } = await openCache();
    const model = await deliver(origin, cache, {
      model: key,
      refresh,
      // Whoever aborts ends the worker.
      signal: new AbortController().signal,
      onProgress(progress) {
        const now = performance.now();
        if (now - told < progressMs && progress.done < progress.total) return;
        told = now;
        onProgress(progress);
      },
    });
    model.warnings.unshift(...warnings);
    for (const warning of model.warnings) console.warn(`Likeness: ${warning}`);
    return model;
  },
  async open(model, options, assets, store) {
    const result = await openEngine(model, options, store, assets);
    if ('spoiled' in result) return { batchSize: 0, threads: 0, size: 0, spoiled: result.spoiled };
    const { batchSize, threads } = result;
    engine = result.engine;
    return { batchSize, threads, size: engine.size };
  },
};

/** The worker of an engine calls this: threads of the network are this same script, so that there is one to find. */
const networkThread = createNetworkThread();

serve(domPort(globalThis as unknown as Worker), (method) => {
  if (method in opener) return opener;
  if (method in networkThread) return networkThread;
  if (!engine) throw new LikenessError('closed', 'The worker has no engine; call open first.');
  return engine;
});
