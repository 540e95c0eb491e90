import { assetAt } from '../assets/assets.node.ts';
import { isBytes } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { bytesOf } from '../image/bytes.ts';
import { decode } from '../image/decode.node.ts';
import { hold } from '../image/hold.node.ts';
import type { ImageSource } from '../image/image-source.ts';
import type { Pixels } from '../image/pixels.ts';
import { readImage } from '../image/source.node.ts';
import { toTensor } from '../image/tensor.ts';
import { startThread } from '../knn/threads/start-thread.node.ts';
import { createNodeGraph, threadsHere } from '../network/graph.node.ts';
import { loadGpuRuntime } from '../network/runtime.node.ts';
import { openStore, type StoreName } from '../store/media/open-store.node.ts';
import { checkOpen } from './arguments.ts';
import { createEngine } from './create-engine.ts';
import { type EngineHost, ImageSearchBase } from './image-search.ts';
import { findModel, modelManifest } from './model.node.ts';
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
   * Loads the model and opens the store. `auto` is wasm here: WebGPU is an optional package, taken when asked for. With
   * `network: 'lazy'` the model's manifest is enough: its network comes when it is needed.
   *
   * @throws LikenessError `bad-argument`; `not-found`, `bad-model` of the model; `no-backend`; of the store `not-found`,
   *   `model-mismatch`, `bad-file`, `newer-format`, `locked`, `storage-full`, `storage-denied`, `storage-failed`;
   *   `out-of-memory`
   * @example const search = await ImageSearch.open({ store: 'file:index/', signal });
   */
  static async open(options: OpenOptions = {}): Promise<ImageSearch> {
    const checked = checkOpen(options);
    if (checked.server === undefined) return new ImageSearch(await openHost(options));
    const { openRemote } = await import('./remote/open.ts');
    const host = await openRemote<NodeSource>(checked, {
      base: undefined,
      hold: (image, from) => hold(image, { signal: from }),
      openModel: (model) =>
        openHost({ ...checked, server: undefined, onProgress: undefined, model, network: 'lazy' }),
    });
    return new ImageSearch(host);
  }
}

/** Makes an engine in this process. */
async function openHost(options: OpenOptions): Promise<EngineHost<NodeSource, StoreName>> {
  const {
    signal,
    onProgress,
    refresh,
    network,
    backend = 'auto',
    threads,
    exif,
    assets,
  } = checkOpen(options);
  if (backend === 'webgpu' && !(await provideWebGpu())) {
    throw new LikenessError(
      'no-backend',
      'Node has no WebGPU of its own: install the npm package "webgpu" beside likeness-search, or take the backend wasm.',
    );
  }
  const far = await findModel(options.model, { assets, signal, refresh });
  const how = { signal: signal ?? new AbortController().signal, onProgress: onProgress ?? (() => {}) };
  const model = network === 'lazy' ? far : await far.bring(how);
  const store = options.store === undefined ? undefined : await openStore(options.store);
  const engine = await createEngine<NodeSource, StoreName>(
    model,
    {
      exif,
      // Without a request there is no WebGPU in Node; a page's polyfill of it is not for us.
      backend: backend === 'webgpu' ? backend : 'wasm',
      because:
        backend === 'auto' ? 'WebGPU is an optional package in Node, taken when it is asked for' : undefined,
    },
    {
      createCpuGraph: (from, count = threads) => createNodeGraph(from, count),
      loadGpuRuntime: () => loadGpuRuntime(assetAt('ort/asyncify.wasm.gz', assets)),
      reader: {
        pixels: (source) => pixelsOf(source, exif),
        async bytes(source) {
          if ('width' in source) return undefined;
          return isBytes(source) ? source : bytesOf(source);
        },
      },
      openStore,
      pairThreads: { count: threadsHere(threads), start: startThread },
    },
    store,
    signal,
  );
  return {
    engine,
    storeName: (name) => name,
    size: engine.size,
    running: engine.running,
    hold: (image, from) => hold(image, { signal: from }),
    dispose: () => {},
  };
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
