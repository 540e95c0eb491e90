import { gpuBuild } from '../assets/gpu-build.ts';
import type { AssetUrls } from '../assets/names.ts';
import { ownScript } from '../assets/start-worker.ts';
import { blobFile } from '../base/random-access.ts';
import type { DeliveredModel } from '../delivery/deliver.ts';
import { Engine, type PictureReader } from '../engine/engine.ts';
import { openIndex } from '../engine/storage.ts';
import { createBrowserDecode } from '../image/decode.browser.ts';
import { assetDecoders } from '../image/decoders.browser.ts';
import { type PostedImage, toPixels } from '../image/source.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { chooseExtractor, GpuFailed } from '../network/choose.ts';
import { createThreadsGraph } from '../network/graph.threads.browser.ts';
import type { Model } from '../network/load.ts';
import { loadRuntime } from '../network/runtime.browser.ts';
import { type IndexInfo, identityOf, parityOf } from '../store/format/header.ts';
import { openStore, openStoreOrMemory, type PostedStoreName } from '../store/media/open-store.browser.ts';
import type { OpenOptions } from './options.ts';

/** The engine in a page's worker. */
export type PageEngine = Engine<PostedImage, PostedStoreName>;

/** What an engine is made with, in a form that can be posted. */
export interface OpenRequest extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'> {
  /** Why `backend` is wasm, where nobody asked for it. */
  because?: string;
}

/** An engine, or why this worker is no good for one any more. */
export type OpenedEngine = { engine: PageEngine; batchSize: number; threads: number } | { spoiled: string };

/**
 * Chooses where a model's network runs, and makes an empty index.
 *
 * @param assets where the files are that only some need
 */
export async function openEngine(
  { manifest, files }: DeliveredModel,
  { backend = 'auto', threads, exif, because }: OpenRequest,
  store: PostedStoreName | undefined,
  assets: AssetUrls,
): Promise<OpenedEngine> {
  const model: Model = {
    manifest,
    files: new Map([...files].map(([name, blob]) => [name, blobFile(blob)])),
  };
  const decode = createBrowserDecode(assetDecoders(assets));
  try {
    const {
      extractor,
      reason,
      device: shared,
    } = await chooseExtractor(
      model,
      backend,
      {
        createCpuGraph: (from) => createThreadsGraph(from, threads, ownScript()),
        loadGpuRuntime: () => loadRuntime(gpuBuild(), assets),
      },
      because,
    );
    const index = await FlatIndex.create({
      dimension: extractor.dimension,
      backend: backend === 'webgpu' ? backend : 'auto',
      device: shared,
    });
    const orient = exif !== 'ignore';
    const info: IndexInfo = {
      model: identityOf(manifest),
      dimension: extractor.dimension,
      parity: parityOf(exif),
    };
    const stored = store === undefined ? undefined : await openIndex(await openStoreOrMemory(store), info);
    const reader: PictureReader<PostedImage> = {
      pixels: (picture) => toPixels(picture, { orient }, decode),
      bytes: async (picture) =>
        picture.kind === 'encoded' ? new Uint8Array(await picture.blob.arrayBuffer()) : undefined,
    };
    const engine = new Engine(extractor, reason, index, reader, {
      parity: info.parity,
      store: stored,
      openStore,
      createQuantised: (rows) => FlatIndex.create({ dimension: extractor.dimension, rows }),
    });
    return { engine, batchSize: extractor.batchSize, threads: extractor.threads };
  } catch (error) {
    if (error instanceof GpuFailed) return { spoiled: error.message };
    throw error;
  }
}
