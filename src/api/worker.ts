import { expose } from 'comlink';
import type { AssetUrls } from '../assets/names.ts';
import { LikenessError } from '../base/errors.ts';
import { checkWebAssembly } from '../base/web-assembly.ts';
import { carryErrorCodes } from '../base/wire-error.ts';
import { type DeliveredModel, type DeliveryProgress, deliver } from '../delivery/deliver.ts';
import { openCache } from '../delivery/open-cache.ts';
import { type ModelSource, originOf } from '../delivery/source.ts';
import type { Engine } from '../engine/engine.ts';
import { type Storage, storageOf } from '../engine/storage.ts';
import type { PostedImage } from '../image/source.ts';
import { createThread, type NetworkThread } from '../network/convolution/thread.ts';
import type { NetworkWorker } from '../network/graph.threads.browser.ts';
import { openStore, type StoreName } from '../store/media/open-store.browser.ts';
import { carryStores } from '../store/media/store.remote.ts';
import { type EngineOptions, openEngine } from './open-engine.ts';

let opened: Engine<PostedImage> | undefined;
let thread: NetworkThread | undefined;

function engine(): Engine<PostedImage> {
  if (!opened) throw new LikenessError('closed', 'The worker has no engine; call open first.');
  return opened;
}

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

/**
 * What the page calls: `load`, `open`, then {@link Engine}'s methods. The worker of an engine calls the others: threads of
 * the network are this same script, so that there is one to find.
 */
export interface EngineWorker
  extends Pick<
      Engine<PostedImage>,
      | 'add'
      | 'query'
      | 'extract'
      | 'ids'
      | 'entries'
      | 'compact'
      | 'remove'
      | 'vector'
      | 'features'
      | 'report'
      | 'cancel'
      | 'close'
    >,
    Storage<StoreName>,
    NetworkWorker {
  /** Brings a model's files here. They come first: a session that fails for want of them can spoil a realm. */
  load(
    source: ModelSource,
    refresh: boolean,
    onProgress: (progress: DeliveryProgress) => void,
  ): Promise<DeliveredModel>;
  open(
    model: DeliveredModel,
    options: EngineOptions,
    assets: AssetUrls,
    store?: StoreName,
  ): Promise<OpenAnswer>;
}

/** Progress is told so often, whatever the size of the network's packets. */
const progressMs = 50;

const worker: EngineWorker = {
  async load(source, refresh, onProgress) {
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
    opened = result.engine;
    const { batchSize, threads } = result;
    return { batchSize, threads, size: result.engine.size };
  },
  add: (items, call) => engine().add(items, call),
  query: (queries, options) => engine().query(queries, options),
  ids: () => engine().ids(),
  entries: () => engine().entries(),
  compact: () => engine().compact(),
  save: (target) => storageOf(engine(), openStore).save(target),
  export: () => storageOf(engine(), openStore).export(),
  import: (source) => storageOf(engine(), openStore).import(source),
  extract: (source) => engine().extract(source),
  remove: (ids) => engine().remove(ids),
  vector: (id) => engine().vector(id),
  features: () => engine().features(),
  report: () => engine().report(),
  cancel: (call) => engine().cancel(call),
  close: () => engine().close(),
  async startThread(network, index) {
    thread = await createThread(network, index);
  },
  async runThread(values, n) {
    return thread!.run(values, n);
  },
};

carryErrorCodes();
carryStores();
expose(worker);
