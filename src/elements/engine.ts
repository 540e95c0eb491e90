import { LikenessError } from '../base/errors.ts';
import type { Found, StaticIndex } from '../static-index/search.ts';
import type { StaticSearch } from '../static-index/types.ts';
import { type Choice, testOf } from './choice.ts';
import { type Extractor, keepLibrary, Library } from './library.ts';
import { ofRecord } from './neighbours.ts';
import type { LikenessResult } from './result.ts';
import { type OnProgress, SharedOpening } from './shared-opening.ts';
import { fetched, openSite, Site } from './site.ts';

/** What a search will take. */
export interface Plan {
  search: StaticSearch;
  /** The folder with the model's manifest. */
  model: string;
  /** Bytes of model and codes. */
  bytes: number;
  /** Whether all of it is here, or on its way: nobody has to be asked. */
  isKept: boolean;
}

interface Opened {
  index: StaticIndex;
  extractor: Extractor;
}

/** What `<likeness-search>` searches with. */
export interface SearchEngine {
  /**
   * Reads what a search will take, and loads nothing of it.
   *
   * @returns bytes that are to load, and whether nobody has to be asked
   */
  plan(signal: AbortSignal): Promise<{ bytes: number; isKept: boolean }>;
  /**
   * The k pictures most similar to one.
   *
   * @param options.isGiven whether the page has named k: else a server may give fewer
   * @param options.base what relative URLs of a server are relative to
   */
  find(picture: Blob, k: number, options: FindOptions): Promise<LikenessResult[]>;
}

export interface FindOptions {
  signal: AbortSignal;
  onProgress: OnProgress;
  choice: Choice;
  isGiven: boolean;
  base: string;
}

/** Searches a site's index with pictures of one's own. One for all elements of a page; it loads what it needs once. */
export class Engine implements SearchEngine {
  readonly #folder: string;
  readonly #shared = new SharedOpening<Opened>(
    (signal, tell) => this.#load(signal, tell),
    ({ index, extractor }) => {
      index.close();
      void extractor.close();
    },
  );
  /** The last plan's search and its name, which says its content. */
  #read: { name: string; search: StaticSearch } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads what a search will take, and loads nothing of it.
   *
   * @throws LikenessError `not-found` where the site has no search with other pictures, or there is no network
   */
  async plan(signal: AbortSignal): Promise<Plan> {
    const { entry } = await openSite(this.#folder).catch(async (error) => {
      const kept = await this.#kept('index.json');
      if (!kept) throw error;
      return { entry: await kept.json() };
    });
    signal.throwIfAborted();
    const search: StaticSearch | undefined =
      entry.search && (await this.#search(`search-${entry.search}.json`, signal));
    if (!search?.model.folder) {
      throw new NoModel(
        'not-found',
        `The site of ${this.#folder} was built without a model: there is nothing to search with.`,
      );
    }
    const model = this.#url(search.model.folder);
    const codes = search.codes.reduce((sum, { bytes: size }) => sum + size, 0);
    const library = new Library(this.#url(search.lib));
    return {
      search,
      model,
      bytes: search.model.bytes + codes,
      isKept: this.#shared.isBegun || (await library.isKept(model)),
    };
  }

  async #search(name: string, signal: AbortSignal): Promise<StaticSearch> {
    if (this.#read?.name !== name) {
      const response = (await this.#kept(name)) ?? (await fetched(this.#url(name), { signal }));
      this.#read = { name, search: await response.json() };
    }
    return this.#read.search;
  }

  #url(name: string): string {
    return new URL(name, this.#folder).href;
  }

  /** What an earlier visit has kept. */
  async #kept(name: string): Promise<Response | undefined> {
    return globalThis.caches?.match(this.#url(name)).catch(() => undefined);
  }

  /** The k pictures most similar to one. */
  async find(
    picture: Blob,
    k: number,
    { signal, onProgress, choice }: FindOptions,
  ): Promise<LikenessResult[]> {
    const { index, extractor } = await this.#shared.open(signal, onProgress);
    onProgress({ phase: 'extract', done: 0, total: 1 });
    const vector = await extractor.extract(picture, { signal });
    onProgress({ phase: 'search', done: 0, total: 1 });
    try {
      const found = await index.query(vector, { k, test: testOf(choice), signal });
      return await this.#results(index, found, signal);
    } catch (error) {
      // The site may have been built anew: the next search opens what is there then.
      if (!signal.aborted) this.#shared.forget();
      throw error;
    }
  }

  async #results(index: StaticIndex, found: Found[], signal: AbortSignal): Promise<LikenessResult[]> {
    const site = new Site(this.#folder, index.entry);
    const records = await index.records(
      found.map(({ row }) => row),
      { signal },
    );
    return records.map((record, at) => ofRecord(site, record, found[at]!.distance));
  }

  async #load(signal: AbortSignal, tell: OnProgress): Promise<Opened> {
    tell({ phase: 'library', done: 0, total: 1 });
    const { search, model } = await this.plan(signal);
    const library = new Library(this.#url(search.lib));
    const [likeness, { FlatIndex }, { StaticIndex }] = await library.load();
    const { ImageSearch, listModels, deleteModel } = likeness;
    signal.throwIfAborted();
    const index = await StaticIndex.open({
      folder: this.#folder,
      FlatIndex,
      signal,
      onProgress: ({ done, total }) => tell({ phase: 'codes', done, total }),
    });
    try {
      const extractor = await ImageSearch.open({
        model,
        backend: 'wasm',
        ...library.openOptions,
        signal,
        onProgress: ({ done, total }) => tell({ phase: 'model', done, total }),
      });
      void keepLibrary(library, model, async () => {
        for (const { model: other } of await listModels())
          if (other !== model && other.startsWith(`${this.#folder}model-`)) await deleteModel(other);
      });
      return { index, extractor };
    } catch (error) {
      index.close();
      throw error;
    }
  }
}

/** The site has no model. */
export class NoModel extends LikenessError {}

const engines = new Map<string, Engine>();

/** The engine of an index, one for all elements of a page. */
export function engineOf(folder: string): Engine {
  const engine = engines.get(folder) ?? new Engine(folder);
  engines.set(folder, engine);
  return engine;
}
