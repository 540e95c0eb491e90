import { type AssetLocation, givenFolder } from '../assets/resolve.ts';
import { scriptOf, startWorker, type WorkerStart } from '../assets/start-worker.ts';
import { assetUrls } from '../assets/urls.ts';
import { optionsOf, refuse, signalOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import { ownModel } from '../base/own-model.ts';
import type { Remote } from '../base/rpc.ts';
import type * as web from '../base/web-types.ts';
import type { ModelInfo, ModelName } from '../delivery/model-info.ts';
import { type ModelSource, resolveModel } from '../delivery/source.ts';
import { deleteStoredModel, describeModel, storedModels } from '../delivery/stored-models.ts';
import type { ModelFiles } from '../engine/types.ts';
import { hold } from '../image/hold.ts';
import type { PostedImage } from '../image/source.ts';
import { type PostedStoreName, postedStoreName, storeName } from '../store/media/open-store.browser.ts';
import { ownFolder, programBase } from '../web/place.ts';
import { checkOpen } from './arguments.ts';
import { closed, type EngineHost, ImageSearchBase } from './image-search.ts';
import type { OpenOptions } from './options.ts';
import type { EngineWorker, OpenAnswer } from './worker.ts';

/**
 * Exact image search in a page. Model, network and index live in a module worker; the page stays free.
 *
 * @example
 * const search = await ImageSearch.open();
 * await search.add([{ id: 'a', image: document.querySelector('img')! }]);
 * const hits = await search.query(file, { k: 30 });
 */
export class ImageSearch extends ImageSearchBase {
  /**
   * Starts the worker, loads the model, opens the store and chooses the backends. With `network: 'lazy'` the model's
   * manifest is enough: its network comes when it is needed.
   *
   * @throws LikenessError `bad-argument`; `not-found`, `bad-model` of the model; `no-backend`; of the store `not-found`,
   *   `model-mismatch`, `bad-file`, `newer-format`, `locked`, `storage-full`, `storage-failed`; `out-of-memory`
   * @example const search = await ImageSearch.open({ store: 'opfs:holiday', signal });
   */
  static async open(options: OpenOptions = {}): Promise<ImageSearch> {
    const checked = checkOpen(options);
    if (checked.server === undefined) return new ImageSearch(await openHost(options));
    const { openRemote } = await import('./remote/open.ts');
    const host = await openRemote<PostedImage>(checked, {
      base: programBase(),
      hold: (image, from) => hold(image, { signal: from }),
      openModel: (model) =>
        openHost({ ...checked, server: undefined, onProgress: undefined, model, network: 'lazy' }),
    });
    return new ImageSearch(host);
  }
}

/** Starts a worker with an engine. */
async function openHost(options: OpenOptions): Promise<EngineHost<PostedImage, PostedStoreName>> {
  const { signal, onProgress, model = ownModel, backend, threads, exif, ...rest } = checkOpen(options);
  const assets = assetUrls(options.assets);
  const source = pageModel(model, options.assets);
  const store = options.store === undefined ? undefined : storeName(options.store, programBase());
  signal?.throwIfAborted();
  const start = engineScript(options);
  let worker = startEngine(start);
  const refresh = rest.refresh ?? source.kind === 'builtIn';
  const abort = (): void => void worker.end(signal!.reason);
  signal?.addEventListener('abort', abort);
  try {
    let answer: OpenAnswer;
    if (rest.network === 'lazy') {
      const request = { threads, exif, backend, refresh };
      answer = await worker.calls.openLazily(source, request, assets, store && postedStoreName(store));
      // Where nothing can be stored, or the worker ends first, nothing is asked.
      worker.calls.whenLoaded().then(askToKeep, () => {});
    } else {
      const loaded = await worker.calls.load(source, {
        refresh,
        onProgress({ done, total, fetched }) {
          if (!signal?.aborted) onProgress?.({ phase: 'model', done, total, fetched });
        },
      });
      void askToKeep({ where: loaded.storage });
      const open = (because?: string): Promise<OpenAnswer> =>
        worker.calls.open(
          loaded,
          { threads, exif, backend: because === undefined ? backend : 'wasm', because },
          assets,
          store && postedStoreName(store),
        );
      answer = await open();
      if ('spoiled' in answer) {
        worker.end(closed());
        worker = startEngine(start);
        answer = await open(answer.spoiled);
      }
    }
    if ('spoiled' in answer) throw new LikenessError('no-backend', answer.spoiled);
    return {
      engine: worker.calls,
      storeName: (name) => postedStoreName(storeName(name, programBase())),
      ...answer,
      hold: (image, from) => hold(image, { signal: from }),
      dispose: () => worker.end(closed()),
    };
  } catch (error) {
    worker.end(closed());
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/**
 * The models of which something is stored in this browser, with their sizes. None where storage is blocked.
 *
 * @example for (const { name, storedBytes, byteLength } of await listModels()) show(name, storedBytes / byteLength);
 */
export const listModels = (): Promise<ModelInfo[]> => storedModels();

/**
 * What opening a model will take: its size, and how much of it is stored here already.
 *
 * @param options.refresh as for `open`; so are the others
 * @throws LikenessError `bad-argument`, `not-found`, `bad-model`
 * @example const { byteLength, storedBytes } = await modelInfo('/models/vgg16/');
 */
export async function modelInfo(
  model: ModelName,
  options: Pick<OpenOptions, 'signal' | 'refresh' | 'assets'> = {},
): Promise<ModelInfo> {
  const { refresh = false, assets } = optionsOf(options, 'modelInfo', '{ refresh: true }');
  const signal = signalOf(options.signal) ?? new AbortController().signal;
  return describeModel(pageModel(model, assets), { signal, refresh });
}

/**
 * Removes a model's files from this browser, but for those that another stored model has too.
 *
 * @param model its URL, its built-in name, or the fingerprint of one whose files were picked
 * @throws LikenessError `bad-argument`, `not-found`, `in-use` while it is being fetched or read
 * @example await deleteModel('/models/vgg16/');
 */
export async function deleteModel(model: string | web.URL): Promise<void> {
  await deleteStoredModel(pageModel(model));
}

/** Relative URLs are the page's, not the worker's. */
const pageModel = (model: ModelName, assets?: AssetLocation): ModelSource =>
  resolveModel(model, (name) => builtIn(name, assets), programBase());

/** A model of this package; one that a site has put beside it (`models/name/`) is found where that folder is known. */
function builtIn(name: string, assets: AssetLocation | undefined): ModelSource {
  const path = `models/${name}/`;
  const own = Object.entries(assetUrls(assets)).filter(([file]) => file.startsWith(path));
  const files = Object.fromEntries(own.map(([file, url]) => [file.slice(path.length), url]));
  const beside = givenFolder(assets) ?? (own.length > 0 ? undefined : ownFolder());
  const folder = beside && new URL(path, beside).href;
  return { kind: 'builtIn', name, files, folder };
}

/** Asks the browser to keep a model: not waited for, as some browsers ask the person; where storage is blocked it throws. */
async function askToKeep({ where }: { where: ModelFiles['where'] }): Promise<void> {
  if (where === 'memory') return;
  try {
    await navigator.storage?.persist?.();
  } catch {}
}

/** The program's own function, or our script. */
function engineScript({ assets, worker }: OpenOptions): WorkerStart {
  return (
    (worker && (() => checkedWorker(worker()))) ??
    scriptOf(
      'likeness-worker.js',
      () =>
        new Worker(new URL('./likeness-worker.js', import.meta.url), {
          type: 'module',
          name: 'likeness-worker',
        }),
      assets,
    )
  );
}

function checkedWorker(worker: Worker): Worker {
  const isWorker = typeof worker?.postMessage === 'function' && typeof worker.addEventListener === 'function';
  return isWorker ? worker : refuse('What worker() returns', worker, 'a Worker');
}

const startEngine = (start: WorkerStart): Remote<EngineWorker> =>
  startWorker(start, 'likeness-worker', 'The worker of Likeness');
