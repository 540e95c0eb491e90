import { proxy, type Remote, transfer, wrap } from 'comlink';
import { LikenessError } from '../errors.ts';
import { type Parcel, type Picture, toTransferable } from '../image/source.ts';
import { checkOptions, type EngineHost, Search } from '../search.ts';
import type { OpenOptions } from '../types.ts';
import { carryErrorCodes } from '../worker/errors.ts';
import { startModuleWorker } from '../worker/start-worker.ts';
import type { EngineWorker } from '../worker/worker.ts';

carryErrorCodes();

/**
 * Exact image search in a page. Model, network and index live in a module worker; the page stays free.
 *
 * @example
 * const search = await ImageSearch.open();
 * await search.add([{ id: 'a', image: document.querySelector('img') }]);
 * const hits = await search.query(file, { k: 30 });
 */
export class ImageSearch extends Search<Parcel> {
  /** Starts the worker, loads the model and chooses the backends. */
  static async open(options: OpenOptions = {}): Promise<ImageSearch> {
    checkOptions(options);
    const { signal, onProgress, model, ...rest } = options;
    signal?.throwIfAborted();
    const worker = startWorker();
    const remote = wrap<EngineWorker>(worker);
    const death = deathOf(worker);
    const ended = aborted(signal);
    try {
      const batchSize = await Promise.race([
        remote.open(
          // A relative URL is the page's, not the worker's.
          { ...rest, ...(model === undefined ? {} : { model: modelUrl(model) }) },
          proxy((done, total) => {
            if (!signal?.aborted) onProgress?.({ phase: 'model', done, total });
          }),
        ),
        death.promise,
        ended.promise,
      ]);
      return new ImageSearch(host(worker, remote, death, batchSize));
    } catch (error) {
      worker.terminate();
      throw error;
    } finally {
      ended.release();
    }
  }
}

/** A name stays a name; what looks like a path or URL becomes absolute. */
function modelUrl(model: string | URL): string {
  return model instanceof URL || /[/:]/.test(model) ? new URL(model, document.baseURI).href : model;
}

function startWorker(): Worker {
  return startModuleWorker(
    new URL('./worker.js', import.meta.url),
    () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'likeness' }),
  );
}

/** The end of a worker, expected or not. Calls under way would otherwise wait for ever. */
interface Death {
  /** Rejects when the worker cannot start, fails outside a call, or is ended. */
  promise: Promise<never>;
  end(reason: LikenessError): void;
}

function deathOf(worker: Worker): Death {
  let end: Death['end'] = () => {};
  const promise = new Promise<never>((_, reject) => {
    end = reject;
    worker.addEventListener('error', (event) => {
      const detail = event.message
        ? `: ${event.message}`
        : '; is it served, and does the Content-Security-Policy allow it?';
      reject(new LikenessError('no-backend', `The worker of Likeness failed${detail}`));
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
  worker: Worker,
  remote: Remote<EngineWorker>,
  death: Death,
  batchSize: number,
): EngineHost<Parcel> {
  const alive = <T>(call: Promise<T>): Promise<T> => Promise.race([call, death.promise]);
  return {
    engine: {
      add: (items, call) => alive(remote.add(...unpack(items), call)),
      query: (queries, k) => alive(remote.query(...unpack(queries), k)),
      extract: ({ picture, transfer: list }) => alive(remote.extract(transfer(picture, list))),
      remove: (ids) => alive(remote.remove(ids)),
      vector: (id) => alive(remote.vector(id)),
      features: () => alive(remote.features()),
      report: () => alive(remote.report()),
      cancel: (call) => alive(remote.cancel(call)),
      close: () => alive(remote.close()),
    },
    batchSize,
    callsInFlight: 2,
    prepare: (image, signal) => toTransferable(image, { signal }),
    dispose() {
      worker.terminate();
      death.end(new LikenessError('closed', 'This ImageSearch was closed; open another.'));
    },
  };
}

type Packed = { source: Parcel } | object;
type Unpacked<T extends Packed> = T extends { source: Parcel } ? Omit<T, 'source'> & { source: Picture } : T;

/** Items with their pictures out of the parcels, marked for Comlink as handing over what the parcels list. */
function unpack<T extends Packed>(items: readonly T[]): [Unpacked<T>[]] {
  const lists = items.flatMap((item) =>
    'source' in item ? (item as { source: Parcel }).source.transfer : [],
  );
  const bare = items.map((item) =>
    'source' in item ? { ...item, source: (item as { source: Parcel }).source.picture } : item,
  );
  return [transfer(bare as Unpacked<T>[], lists)];
}
