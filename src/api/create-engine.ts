import { endAll } from '../base/end-all.ts';
import { memoryError } from '../base/errors.ts';
import type { PictureReader } from '../engine/call-types.ts';
import type { PairThreads } from '../engine/duplicates.ts';
import { Engine } from '../engine/engine.ts';
import { LazyNetwork, type LoadedNetwork } from '../engine/lazy-network.ts';
import { openUnlessAborted } from '../engine/progress.ts';
import { openIndex } from '../engine/storage.ts';
import type { ModelFiles, Progress } from '../engine/types.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { chooseExtractor, type ExtractorSource, GpuFailed } from '../network/choose.ts';
import type { Model } from '../network/load.ts';
import type { Manifest } from '../network/manifest.ts';
import type { Store } from '../store/format/files.ts';
import { type IndexInfo, identityOf, parityOf } from '../store/format/header.ts';
import type { OpenOptions } from './options.ts';

/** What an engine is made with, in a form that can be posted. */
export interface EngineRequest extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'> {
  /** Why `backend` is wasm, where nobody asked for it. */
  because?: string | undefined;
}

/** A model whose files are here. */
export interface HereModel {
  model: Model;
  modelFiles: ModelFiles;
}

/** A model of which only the manifest is here, and what brings its files. */
export interface FarModel {
  manifest: Manifest;
  bring(how: { signal: AbortSignal; onProgress(progress: Progress): void }): Promise<HereModel>;
}

/** What differs between a page's worker and Node. */
export interface Platform<Source, StoreName> extends ExtractorSource {
  reader: PictureReader<Source>;
  openStore(name: StoreName): Promise<Store>;
  pairThreads: PairThreads;
}

/**
 * Opens the index, or makes one, and chooses where the model's network and the search run.
 *
 * @param model one that is far is brought here, and its network started, when it is first needed
 * @param store where the index is kept
 * @throws LikenessError, or `GpuFailed` where this realm is no good for an engine any more
 */
export async function createEngine<Source, StoreName>(
  model: HereModel | FarModel,
  request: EngineRequest,
  platform: Platform<Source, StoreName>,
  store: Store | undefined,
  signal?: AbortSignal,
): Promise<Engine<Source, StoreName>> {
  const { manifest } = 'manifest' in model ? model : model.model;
  const { dimension } = manifest.output;
  const info: IndexInfo = { model: identityOf(manifest), dimension, parity: parityOf(request.exif) };
  // The index before the network: one that does not fit is refused at once.
  const stored = store && (await openUnlessAborted(openIndex(store, info), signal));
  const backend = request.backend === 'webgpu' ? request.backend : 'auto';
  let loaded: LoadedNetwork | undefined;
  try {
    let network: LazyNetwork;
    let index: FlatIndex;
    if ('manifest' in model) {
      index = await FlatIndex.create({ dimension, backend });
      network = new LazyNetwork(manifest, (how) => loadFar(model, request, platform, index, how));
    } else {
      loaded = await start(model, request, platform);
      signal?.throwIfAborted();
      index = await FlatIndex.create({ dimension, backend, device: loaded.device });
      network = LazyNetwork.of(loaded);
    }
    return new Engine(network, index, platform.reader, {
      parity: info.parity,
      store: stored,
      openStore: platform.openStore,
      pairThreads: platform.pairThreads,
      createQuantised: (rows) => FlatIndex.create({ dimension, rows }),
    });
  } catch (error) {
    // Threads and locks would outlive this.
    await endAll(
      () => loaded?.extractor.close(),
      () => stored?.close(),
    ).catch(() => {});
    throw memoryError(error, 'Opening this model');
  }
}

/** @param shared the device that a search on WebGPU has already */
async function start(
  { model, modelFiles }: HereModel,
  { backend = 'auto', because }: EngineRequest,
  platform: ExtractorSource,
  shared?: GPUDevice,
): Promise<LoadedNetwork> {
  return { ...(await chooseExtractor(model, backend, platform, { because, shared })), modelFiles };
}

async function loadFar(
  { bring }: FarModel,
  request: EngineRequest,
  platform: ExtractorSource,
  index: FlatIndex,
  how: Parameters<FarModel['bring']>[0],
): Promise<LoadedNetwork> {
  try {
    const here = await bring(how);
    how.signal.throwIfAborted();
    const shared = request.backend === 'webgpu' ? index.device : undefined;
    return await start(here, request, platform, shared as GPUDevice | undefined).catch((error) => {
      if (!(error instanceof GpuFailed)) throw error;
      // The index is open in this realm, which is good enough for our own kernels: what failed was ONNX Runtime.
      return start(here, { ...request, backend: 'wasm', because: error.message }, platform);
    });
  } catch (error) {
    throw memoryError(error, 'Loading this network');
  }
}
