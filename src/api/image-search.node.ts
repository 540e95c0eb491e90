import { assetAt } from '../assets/assets.node.ts';
import { isBytes } from '../base/class-of.ts';
import { endAll } from '../base/end-all.ts';
import { LikenessError } from '../base/errors.ts';
import { Engine, type PictureReader } from '../engine/engine.ts';
import { openIndex } from '../engine/storage.ts';
import { decode } from '../image/decode.node.ts';
import { hold } from '../image/hold.node.ts';
import type { ImageSource } from '../image/image-source.ts';
import type { Pixels } from '../image/pixels.ts';
import { readImage } from '../image/source.node.ts';
import { toTensor } from '../image/tensor.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { chooseExtractor, type ExtractorChoice } from '../network/choose.ts';
import { createNodeGraph } from '../network/graph.node.ts';
import { loadGpuRuntime } from '../network/runtime.node.ts';
import { type IndexInfo, identityOf, parityOf } from '../store/format/header.ts';
import { openStore, type StoreName } from '../store/media/open-store.node.ts';
import { checkOpen } from './arguments.ts';
import { type EngineHost, ImageSearchBase } from './image-search.ts';
import { modelManifest, openModel } from './model.node.ts';
import type { OpenOptions } from './options.ts';
import { provideWebGpu } from './webgpu.node.ts';

/** A picture as `readImage` hands it on. */
type NodeSource = Blob | Uint8Array | Pixels;

/**
 * Exact image search in Node: the same code as in the browser, in this process.
 *
 * @example
 * await using search = await ImageSearch.open();
 * await search.add([{ id: 'a', image: 'photos/a.jpg' }]);
 * const hits = await search.query('photo.jpg', { k: 30 });
 */
export class ImageSearch extends ImageSearchBase {
  /**
   * Loads the model and opens the store. `auto` is wasm here: WebGPU is an optional package, taken when asked for.
   *
   * @throws LikenessError `bad-argument`; `not-found`, `bad-model` of the model; `no-backend`; of the store `not-found`,
   *   `model-mismatch`, `bad-file`, `newer-format`, `locked`, `storage-full`, `storage-denied`, `storage-failed`;
   *   `out-of-memory`
   * @example const search = await ImageSearch.open({ store: 'file:index/', signal });
   */
  static async open(options: OpenOptions = {}): Promise<ImageSearch> {
    const { signal, onProgress, refresh, assets, backend = 'auto', threads, exif } = checkOpen(options);
    if (backend === 'webgpu' && !(await provideWebGpu())) {
      throw new LikenessError(
        'no-backend',
        'Node has no WebGPU of its own: install the npm package "webgpu" beside likeness-search, or take the backend wasm.',
      );
    }
    const { model, modelFiles } = await openModel(options.model, {
      assets,
      signal,
      refresh,
      onProgress,
    });
    const info: IndexInfo = {
      model: identityOf(model.manifest),
      dimension: model.manifest.output.dimension,
      parity: parityOf(exif),
    };
    // The index before the network: one that does not fit is refused at once.
    const store =
      options.store === undefined ? undefined : await openIndex(await openStore(options.store), info);
    let choice: ExtractorChoice | undefined;
    let index: FlatIndex;
    try {
      choice = await chooseExtractor(
        model,
        // Without a request there is no WebGPU in Node; a page's polyfill of it is not for us.
        backend === 'webgpu' ? backend : 'wasm',
        {
          createCpuGraph: (from) => createNodeGraph(from, threads),
          loadGpuRuntime: () => loadGpuRuntime(assetAt('ort/asyncify.wasm.gz', assets)),
        },
        backend === 'auto' ? 'WebGPU is an optional package in Node, taken when it is asked for' : undefined,
      );
      signal?.throwIfAborted();
      index = await FlatIndex.create({
        dimension: choice.extractor.dimension,
        backend: backend === 'webgpu' ? backend : 'auto',
        device: choice.device,
      });
    } catch (error) {
      // Threads and locks would keep the process alive.
      await endAll(
        () => choice?.extractor.close(),
        () => store?.close(),
      ).catch(() => {});
      throw error;
    }
    const { extractor, reason } = choice;
    const reader: PictureReader<NodeSource> = {
      pixels: (source) => pixelsOf(source, exif),
      async bytes(source) {
        if ('width' in source) return undefined;
        return isBytes(source) ? source : new Uint8Array(await source.arrayBuffer());
      },
    };
    const engine = new Engine(extractor, reason, index, reader, {
      parity: info.parity,
      store,
      openStore,
      createQuantised: (rows) => FlatIndex.create({ dimension: extractor.dimension, rows }),
    });
    const host: EngineHost<NodeSource, StoreName> = {
      engine,
      storeName: (name) => name,
      size: engine.size,
      modelFiles,
      batchSize: extractor.batchSize,
      callsInFlight: extractor.threads + 1,
      hold: (image, from) => hold(image, { signal: from }),
      dispose: () => {},
    };
    return new ImageSearch(host);
  }
}

/**
 * What a model's network is fed for a picture.
 *
 * @internal
 *
 * @returns float32, 1 × 3 × height × width
 */
export async function networkInput(
  image: ImageSource,
  { model, exif }: Pick<OpenOptions, 'model' | 'exif'> = {},
): Promise<{ data: Float32Array; shape: number[] }> {
  const { preprocessing } = await modelManifest(model);
  const pixels = await pixelsOf(await readImage(image), exif);
  return {
    data: toTensor(pixels, preprocessing),
    shape: [1, 3, preprocessing.height, preprocessing.width],
  };
}

async function pixelsOf(source: NodeSource, exif: OpenOptions['exif']): Promise<Pixels> {
  return 'width' in source ? source : decode(source, { orient: exif !== 'ignore' });
}
