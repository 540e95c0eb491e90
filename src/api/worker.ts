import { gpuBuild } from '../assets/gpu-build.ts';
import type { AssetUrls } from '../assets/names.ts';
import { ownScript, startWorker } from '../assets/start-worker.ts';
import { LikenessError } from '../base/errors.ts';
import { free } from '../base/free.ts';
import { blobFile } from '../base/random-access.ts';
import { domPort, serve } from '../base/rpc.ts';
import { checkWebAssembly } from '../base/web-assembly.ts';
import {
  type DeliveredModel,
  type DeliveryProgress,
  deliver,
  deliverFiles,
  findManifest,
} from '../delivery/deliver.ts';
import { openCache } from '../delivery/open-cache.ts';
import { type ModelSource, originOf } from '../delivery/source.ts';
import type { RunningNetwork } from '../engine/call-types.ts';
import type { Engine } from '../engine/engine.ts';
import { bytesOf } from '../image/bytes.ts';
import { createBrowserDecode } from '../image/decode.browser.ts';
import { assetDecoders } from '../image/decoders.browser.ts';
import { type PostedImage, toPixels } from '../image/source.ts';
import { createPairThread, type PairThread } from '../knn/threads/pair-threads.ts';
import { GpuFailed } from '../network/choose.ts';
import { createThreadsGraph, threadsHere } from '../network/graph.threads.browser.ts';
import { createNetworkThread } from '../network/network-thread.ts';
import { loadRuntime } from '../network/runtime.browser.ts';
import { openStore, openStoreOrMemory, type PostedStoreName } from '../store/media/open-store.browser.ts';
import { createEngine, type EngineRequest, type FarModel, type HereModel } from './create-engine.ts';

export type OpenAnswer =
  /** How the network runs, where it is loaded; pictures in the index. */
  | { running: RunningNetwork | undefined; size: number }
  /** Why this worker is no good any more and another one has to be taken. */
  | { spoiled: string };

type PageEngine = Engine<PostedImage, PostedStoreName>;

/** What the page calls before there is an engine. */
interface Opener {
  /** Brings a model's files here. They come first: a session that fails for want of them can spoil a realm. */
  load(
    source: ModelSource,
    options: { refresh: boolean; onProgress: (progress: DeliveryProgress) => void },
  ): Promise<DeliveredModel>;
  open(
    model: DeliveredModel,
    options: EngineRequest,
    assets: AssetUrls,
    store?: PostedStoreName,
  ): Promise<OpenAnswer>;
  /** In the place of both: brings the manifest only. The network comes when it is needed. */
  openLazily(
    source: ModelSource,
    options: EngineRequest & { refresh: boolean },
    assets: AssetUrls,
    store?: PostedStoreName,
  ): Promise<OpenAnswer>;
}

/** What the page calls: `load` and `open`, or `openLazily`, then the calls of the engine. */
export type EngineWorker = Opener & PageEngine;

/** Progress is told so often, whatever the size of the network's packets. */
const progressMs = 50;

let engine: PageEngine | undefined;

const opener: Opener = {
  async load(source, { refresh, onProgress }) {
    checkWebAssembly();
    const { origin, key } = originOf(source);
    const { cache, warnings } = await openCache();
    return told(
      await deliver(origin, cache, {
        model: key,
        refresh,
        // Whoever aborts ends the worker.
        signal: new AbortController().signal,
        onProgress: atTimes(onProgress),
      }),
      warnings,
    );
  },
  open: (model, request, assets, store) => openEngine(hereOf(model), request, assets, store),
  async openLazily(source, { refresh, ...request }, assets, store) {
    const { origin, key } = originOf(source);
    const { cache, warnings } = await openCache();
    const { signal } = new AbortController();
    const manifest = await findManifest(origin, cache, { model: key, refresh, signal }, warnings);
    const bring: FarModel['bring'] = async (how) => {
      checkWebAssembly();
      const model = await deliverFiles(origin, cache, manifest, {
        signal: how.signal,
        onProgress: atTimes((progress) => how.onProgress({ phase: 'model', ...progress })),
      });
      return hereOf(told(model, warnings));
    };
    return openEngine({ manifest, bring }, request, assets, store);
  },
};

/** Passes progress on at times, and when all is done. */
function atTimes(onProgress: (progress: DeliveryProgress) => void): (progress: DeliveryProgress) => void {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < progressMs && progress.done < progress.total) return;
    last = now;
    onProgress(progress);
  };
}

/** A model with what its delivery has to say, which the console is told, too. */
function told(model: DeliveredModel, warnings: readonly string[]): DeliveredModel {
  model.warnings.unshift(...warnings);
  for (const warning of model.warnings) console.warn(`Likeness: ${warning}`);
  return model;
}

const hereOf = ({ manifest, files, storage, warnings }: DeliveredModel): HereModel => ({
  model: { manifest, files: new Map([...files].map(([name, blob]) => [name, blobFile(blob)])) },
  modelFiles: { where: storage, warnings },
});

async function openEngine(
  model: HereModel | FarModel,
  request: EngineRequest,
  assets: AssetUrls,
  store: PostedStoreName | undefined,
): Promise<OpenAnswer> {
  const decode = createBrowserDecode(assetDecoders(assets));
  const orient = request.exif !== 'ignore';
  try {
    engine = await createEngine(
      model,
      request,
      {
        createCpuGraph: (from, threads = request.threads) => createThreadsGraph(from, threads, ownScript()),
        loadGpuRuntime: () => loadRuntime(gpuBuild(), assets),
        reader: {
          pixels: (picture) => toPixels(picture, { orient }, decode),
          bytes: async (picture) => (picture.kind === 'encoded' ? bytesOf(picture.blob) : undefined),
          // What came here was copied, or was made here.
          release: free,
        },
        openStore,
        pairThreads: {
          count: threadsHere(request.threads),
          start: () => startWorker<PairThread>(ownScript(), 'likeness-pairs', 'A thread of the search'),
        },
      },
      store === undefined ? undefined : await openStoreOrMemory(store),
    );
  } catch (error) {
    if (error instanceof GpuFailed) return { spoiled: error.message };
    throw error;
  }
  const { running, size } = engine;
  return { running, size };
}

/** The worker of an engine calls these: its threads are this same script, so that there is one to find. */
const threads = [createNetworkThread(), createPairThread()];

serve(domPort(globalThis as unknown as Worker), (method) => {
  if (method in opener) return opener;
  const thread = threads.find((each) => method in each);
  if (thread) return thread;
  if (!engine) throw new LikenessError('closed', 'The worker has no engine; call open first.');
  return engine;
});
