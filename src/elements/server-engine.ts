import { LikenessError } from '../base/errors.ts';
import { ownModel } from '../base/own-model.ts';
import type { Choice } from './choice.ts';
import { type FindOptions, NoModel, type SearchEngine } from './engine.ts';
import { importModule } from './library.ts';
import type { LikenessResult } from './result.ts';
import { ask, ofHit, routeOf, type ServerHit } from './server.ts';
import { type OnProgress, SharedOpening } from './shared-opening.ts';

/** What is used of the library. */
interface LikenessModule {
  ImageSearch: { open(options: OpenOptions): Promise<ServerSearch> };
  modelInfo(model: string, options: { signal: AbortSignal }): Promise<ModelInfo>;
}

interface OpenOptions {
  server: string;
  model: string;
  backend: 'wasm';
  signal: AbortSignal;
  onProgress(progress: { done: number; total: number }): void;
}

interface ModelInfo {
  model: string;
  fingerprint: string;
  byteLength: number;
  storedBytes: number;
}

interface ServerSearch {
  query(
    picture: Blob,
    options: Choice & {
      k: number | undefined;
      signal: AbortSignal;
      onProgress(progress: { phase: string }): void;
    },
  ): Promise<ServerHit[]>;
  close(): Promise<void>;
}

/** After these the network is as good as before. */
const harmless: readonly LikenessError['code'][] = ['bad-image', 'bad-argument', 'server-failed'];

/**
 * Searches a server's index with pictures of one's own. The picture is extracted here, by the library: its vector is what
 * leaves the page.
 */
export class ServerEngine implements SearchEngine {
  readonly #server: string;
  readonly #library: string;
  readonly #shared: SharedOpening<ServerSearch>;
  #model: ModelInfo | undefined;

  constructor(server: string, library: string) {
    this.#server = server;
    this.#library = library;
    this.#shared = new SharedOpening(
      (signal, tell) => this.#open(signal, tell),
      (search) => void search.close(),
    );
  }

  /** @throws LikenessError as `find` */
  async plan(signal: AbortSignal): Promise<{ bytes: number; isKept: boolean }> {
    if (this.#shared.isBegun) return { bytes: 0, isKept: true };
    this.#model = await this.#findModel(signal);
    const bytes = this.#model.byteLength - this.#model.storedBytes;
    return { bytes, isKept: bytes <= 0 };
  }

  async find(
    picture: Blob,
    k: number,
    { signal, onProgress, choice, isGiven, base }: FindOptions,
  ): Promise<LikenessResult[]> {
    const search = await this.#shared.open(signal, onProgress);
    onProgress({ phase: 'extract', done: 0, total: 1 });
    try {
      const hits = await search.query(picture, {
        ...choice,
        k: isGiven ? k : undefined,
        signal,
        onProgress: ({ phase }) => phase === 'extract' && onProgress({ phase: 'search', done: 0, total: 1 }),
      });
      return hits.slice(0, k).map((hit) => ofHit(hit, base));
    } catch (error) {
      // The server may have an index of another model by now: the next search asks for it.
      if (!signal.aborted && !harmless.includes((error as LikenessError).code)) {
        this.#model = undefined;
        this.#shared.forget();
      }
      throw error;
    }
  }

  async #open(signal: AbortSignal, tell: OnProgress): Promise<ServerSearch> {
    tell({ phase: 'library', done: 0, total: 1 });
    const { model } = this.#model ?? (await this.#findModel(signal));
    this.#model = undefined;
    const { ImageSearch } = await this.#load();
    signal.throwIfAborted();
    return ImageSearch.open({
      server: this.#server,
      model,
      backend: 'wasm',
      signal,
      onProgress: ({ done, total }) => tell({ phase: 'model', done, total }),
    });
  }

  /** The model of the server's vectors: the library's own of that name, else the server's. */
  async #findModel(signal: AbortSignal): Promise<ModelInfo> {
    const { fingerprint, model } = await ask(this.#server, 'health', undefined, signal);
    const { modelInfo } = await this.#load();
    const name = /^[^/:@]+(?=@)/.exec(fingerprint ?? '')?.[0];
    const url = model?.url ? new URL(model.url, routeOf(this.#server, '')).href : undefined;
    let why: unknown;
    // What is not there is a red line in the console: but the package's own model, a page hardly has one.
    for (const source of name === ownModel ? [name, url] : [url, name]) {
      if (!source) continue;
      try {
        const info = await modelInfo(source, { signal });
        if (!fingerprint || info.fingerprint === fingerprint) return info;
      } catch (error) {
        signal.throwIfAborted();
        why = error;
      }
    }
    throw new NoModel(
      'model-mismatch',
      `The vectors of ${this.#server} are of ${fingerprint ?? 'a model that it does not name'}. That model is neither in ${this.#library}models/ nor ${url ? `at ${url}` : 'named by the server'}.`,
      { cause: why },
    );
  }

  /** @throws LikenessError `not-found` */
  async #load(): Promise<LikenessModule> {
    const url = `${this.#library}likeness.js`;
    try {
      return (await importModule(url)) as LikenessModule;
    } catch (cause) {
      throw new LikenessError(
        'not-found',
        `${url} cannot be loaded: ${(cause as Error).message}. Copy all of node_modules/likeness-search/dist/web to your site, and name that folder in the attribute \`library\`.`,
        { cause },
      );
    }
  }
}

const engines = new Map<string, ServerEngine>();

/** The engine of a server, one for all elements of a page. */
export function serverEngineOf(server: string, library: string): ServerEngine {
  const url = routeOf(server, '').replace(/\/(?=$|\?)/, '');
  const key = JSON.stringify([url, library]);
  const engine = engines.get(key) ?? new ServerEngine(url, library);
  engines.set(key, engine);
  return engine;
}
