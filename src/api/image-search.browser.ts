import { proxy, type Remote, transfer, wrap } from 'comlink';
import { type AssetLocation, givenFolder } from '../assets/resolve.ts';
import { isNotLoaded, type Script, scriptOf, startWorker } from '../assets/start-worker.ts';
import { assetUrls } from '../assets/urls.ts';
import { checkSignal, optionsOf, refuse } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type * as web from '../base/web-types.ts';
import { carryErrorCodes } from '../base/wire-error.ts';
import type { ModelInfo, ModelName } from '../delivery/model-info.ts';
import { type ModelSource, modelSource } from '../delivery/source.ts';
import { deleteStoredModel, describeModel, storedModels } from '../delivery/stored-models.ts';
import type { Report } from '../engine/types.ts';
import { hold } from '../image/hold.ts';
import type { ImageMessage, PostedImage } from '../image/source.ts';
import { type StoreName, storeName } from '../store/media/open-store.browser.ts';
import { carryStores } from '../store/media/store.remote.ts';
import { ownFolder, programBase } from '../web/place.ts';
import { hearPolicy, type PolicyEar } from '../web/policy.ts';
import { fromDisk, howToStart, whyNotLoaded } from '../web/why-not.ts';
import { checkOpen } from './arguments.ts';
import { type EngineHost, Search } from './image-search.ts';
import type { OpenOptions } from './options.ts';
import type { EngineWorker, OpenAnswer } from './worker.ts';

carryErrorCodes();
carryStores();

const defaultModel = 'vgg16-compact';

/**
 * Exact image search in a page. Model, network and index live in a module worker; the page stays free.
 *
 * @example
 * const search = await ImageSearch.open();
 * await search.add([{ id: 'a', image: document.querySelector('img')! }]);
 * const hits = await search.query(file, { k: 30 });
 */
export class ImageSearch extends Search {
  /** Starts the worker, loads the model and chooses the backends. */
  static async open(options: OpenOptions = {}): Promise<ImageSearch> {
    const { signal, onProgress, model = defaultModel, refresh, device, threads, parity } = checkOpen(options);
    const assets = assetUrls(options.assets);
    const source = pageModel(model, options.assets);
    const store = options.store === undefined ? undefined : pageStore(options.store);
    signal?.throwIfAborted();
    const ended = aborted(signal);
    const script = engineScript(options);
    let session = startSession(script);
    const during = <T>(call: Promise<T>): Promise<T> =>
      Promise.race([call, session.death.promise, ended.promise]);
    try {
      const loaded = await during(
        session.remote.load(
          source,
          refresh ?? source.kind === 'builtIn',
          proxy(({ done, total, fetched }) => {
            if (!signal?.aborted) onProgress?.({ phase: 'model', done, total, fetched });
          }),
        ),
      );
      if (loaded.storage !== 'memory') void askToPersist();
      const options = { device, threads, parity };
      let started = await during(session.remote.open(loaded, options, assets, store));
      if (started.spoiled !== undefined) {
        session.worker.terminate();
        session = startSession(script);
        started = await during(
          session.remote.open(
            loaded,
            { ...options, device: 'wasm', because: started.spoiled },
            assets,
            store,
          ),
        );
      }
      if (started.spoiled !== undefined) throw new LikenessError('no-backend', started.spoiled);
      const { storage, warnings } = loaded;
      return new ImageSearch(host(session, { where: storage, warnings }, started));
    } catch (error) {
      session.worker.terminate();
      throw error;
    } finally {
      ended.release();
    }
  }
}

/** The models of which something is stored in this browser, with their sizes. */
export const listModels = (): Promise<ModelInfo[]> => storedModels();

/**
 * What opening a model will take: its size, and how much of it is stored here already.
 *
 * @param options.refresh as for `open`; so are the others
 * @throws LikenessError `not-found` or `bad-model`
 */
export async function modelInfo(
  model: ModelName,
  options: Pick<OpenOptions, 'signal' | 'refresh' | 'assets'> = {},
): Promise<ModelInfo> {
  const { signal, refresh = false, assets } = optionsOf(options, 'modelInfo', '{ refresh: true }');
  checkSignal(signal);
  return describeModel(pageModel(model, assets), { signal: signal ?? new AbortController().signal, refresh });
}

/**
 * Removes a model's files from this browser, but for those that another stored model has too.
 *
 * @param model its URL, its built-in name, or the fingerprint of one whose files were picked
 * @throws LikenessError `not-found`, or `in-use` while it is being fetched
 */
export async function deleteModel(model: string | web.URL): Promise<void> {
  await deleteStoredModel(pageModel(model));
}

/** Relative URLs are the page's, not the worker's. */
const pageModel = (model: ModelName, assets?: AssetLocation): ModelSource =>
  modelSource(model, (name) => builtIn(name, assets), programBase());

/** A model of this package; one that a site has put beside it (`models/name/`) is found where that folder is known. */
function builtIn(name: string, assets: AssetLocation | undefined): ModelSource {
  const path = `models/${name}/`;
  const own = Object.entries(assetUrls(assets)).filter(([file]) => file.startsWith(path));
  const files = Object.fromEntries(own.map(([file, url]) => [file.slice(path.length), url]));
  const beside = givenFolder(assets) ?? (own.length > 0 ? undefined : ownFolder());
  const folder = beside && new URL(path, beside).href;
  return { kind: 'builtIn', name, files, folder };
}

const pageStore = (store: unknown): StoreName => storeName(store, programBase());

/** A worker with what is known of it. */
interface Session {
  worker: Worker;
  remote: Remote<EngineWorker>;
  death: Death;
}

/** Asked, not waited for: some browsers ask the person, and where storage is blocked it throws. */
async function askToPersist(): Promise<void> {
  try {
    await navigator.storage?.persist?.();
  } catch {}
}

/** What starts the engine's worker: the program's own function, or our script. */
type Start = Script | (() => Worker);

function engineScript({ assets, worker }: OpenOptions): Start {
  return (
    worker ??
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

function startSession(start: Start): Session {
  const url = typeof start === 'function' ? undefined : new URL(start.url, programBase()).href;
  const what = `The worker of Likeness${url === undefined ? '' : `, ${url},`}`;
  const policy = hearPolicy({ throughBlob: true });
  let worker: Worker;
  try {
    worker = typeof start === 'function' ? start() : startWorker(start, 'likeness-worker');
  } catch (error) {
    policy.end();
    const { name, message } = error as Error;
    const why =
      error instanceof LikenessError
        ? message
        : `${name}: ${message}; ${fromDisk(programBase()) ?? howToStart(url)}`;
    throw new LikenessError('no-backend', `${what} cannot be started: ${why.replace(/\.?$/, '.')}`, {
      cause: error,
    });
  }
  if (typeof worker?.postMessage !== 'function' || typeof worker.addEventListener !== 'function') {
    refuse('What worker() returns', worker, 'a Worker');
  }
  return { worker, remote: wrap<EngineWorker>(worker), death: deathOf(worker, { url, what, policy }) };
}

/** The end of a worker, expected or not. Calls under way would otherwise wait for ever. */
interface Death {
  /** Rejects when the worker cannot start, fails outside a call, or is ended. */
  promise: Promise<never>;
  end(reason: LikenessError): void;
}

function deathOf(
  worker: Worker,
  { url, what, policy }: { url: string | undefined; what: string; policy: PolicyEar },
): Death {
  let end: Death['end'] = () => {};
  const promise = new Promise<never>((_, reject) => {
    end = reject;
    // It lives: what is refused from now on is no reason for its end.
    worker.addEventListener('message', () => policy.end(), { once: true });
    worker.addEventListener('error', async (event) => {
      const message = event.message ?? '';
      let detail = `failed: ${message}`;
      if (isNotLoaded(message)) {
        // Of one that cannot be loaded nothing is told.
        const why = url === undefined ? undefined : await whyNotLoaded(url, policy, 'worker');
        const said = message === '' ? '' : `${message}; `;
        detail = `cannot be loaded: ${why ?? said + howToStart(url)}.`;
      }
      policy.end();
      reject(new LikenessError('no-backend', `${what} ${detail}`));
    });
  });
  promise.catch(() => {});
  return { promise, end };
}

function aborted(signal: AbortSignal | undefined): { promise: Promise<never>; release(): void } {
  let release = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    if (!signal) return;
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    release = () => signal.removeEventListener('abort', abort);
  });
  promise.catch(() => {});
  return { promise, release };
}

function host(
  { worker, remote, death }: Session,
  modelFiles: Report['modelFiles'],
  { batchSize, threads, size }: OpenAnswer,
): EngineHost<ImageMessage, StoreName> {
  const alive = <T>(call: Promise<T>): Promise<T> => Promise.race([call, death.promise]);
  return {
    engine: {
      add: (items, call) => alive(remote.add(...unpack(items), call)),
      query: (queries, options) => alive(remote.query(...unpack(queries), options)),
      ids: () => alive(remote.ids()),
      entries: () => alive(remote.entries()),
      compact: () => alive(remote.compact()),
      extract: ({ image, transfer: list }) => alive(remote.extract(transfer(image, list))),
      remove: (ids) => alive(remote.remove(ids)),
      vector: (id) => alive(remote.vector(id)),
      features: () => alive(remote.features()),
      report: () => alive(remote.report()),
      cancel: (call) => alive(remote.cancel(call)),
      close: () => alive(remote.close()),
    },
    storage: {
      save: (target) => alive(remote.save(target)),
      export: () => alive(remote.export()),
      import: (file) => alive(remote.import(file)),
    },
    storeName: pageStore,
    size,
    modelFiles,
    batchSize,
    // One batch in each thread, and one whose pictures are decoded meanwhile.
    callsInFlight: threads + 1,
    hold: (image, signal) => hold(image, { signal }),
    dispose() {
      worker.terminate();
      death.end(new LikenessError('closed', 'This ImageSearch was closed; open another.'));
    },
  };
}

type Packed = { source: ImageMessage } | object;
type Unpacked<T extends Packed> = T extends { source: ImageMessage }
  ? Omit<T, 'source'> & { source: PostedImage }
  : T;

/** Items with their images out of the messages, marked for Comlink as handing over what the messages list. */
function unpack<T extends Packed>(items: readonly T[]): [Unpacked<T>[]] {
  const lists = items.flatMap((item) =>
    'source' in item ? (item as { source: ImageMessage }).source.transfer : [],
  );
  const bare = items.map((item) =>
    'source' in item ? { ...item, source: (item as { source: ImageMessage }).source.image } : item,
  );
  return [transfer(bare as Unpacked<T>[], lists)];
}
