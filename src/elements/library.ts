import type { StaticIndex, StaticIndexOptions } from '../static-index/search.ts';

/** What is used of the library, which lies beside the index: this script does not hold it. */
interface LikenessModule {
  ImageSearch: { open(options: OpenOptions): Promise<Extractor> };
  listModels(): Promise<{ model: string }[]>;
  deleteModel(model: string): Promise<void>;
}

interface KnnModule {
  FlatIndex: Extract<StaticIndexOptions['FlatIndex'], { create: unknown }>;
}

interface SiteModule {
  StaticIndex: Pick<typeof StaticIndex, 'open'>;
}

interface OpenOptions {
  model: string;
  backend: 'wasm';
  signal: AbortSignal;
  onProgress(progress: { done: number; total: number }): void;
  assets?: string;
  worker?: () => Worker;
}

export interface Extractor {
  extract(picture: Blob, options: { signal: AbortSignal }): Promise<Float32Array>;
  close(): Promise<void>;
}

const cachePrefix = 'likeness-library ';
const entries = ['likeness.js', 'likeness-knn.js', 'likeness-site.js'];
const workerName = 'likeness-worker.js';

/** Names of other files of ours that a script imports. */
const imported = /(?<=(?:\bfrom|\bimport)\s*["'])\.\/(likeness-[\w-]+\.js)(?=["'])/g;

/**
 * The library, in a folder by content. Its scripts come as any script does. Where they do not, they come from Cache
 * Storage: then there is no network, or the browser has thrown away what it had.
 */
export class Library {
  readonly folder: string;
  #worker: string | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  async load(): Promise<[LikenessModule, KnnModule, SiteModule]> {
    const load = (urlOf: (name: string) => string | Promise<string>) =>
      Promise.all(entries.map(async (name) => importModule(await urlOf(name)))) as Promise<
        [LikenessModule, KnnModule, SiteModule]
      >;
    try {
      return await load((name) => this.folder + name);
    } catch (error) {
      const blobs = await this.#blobs().catch(() => undefined);
      if (!blobs) throw error;
      this.#worker = await blobs(workerName);
      return load(blobs);
    }
  }

  /** Where scripts came from Cache Storage, the worker does, too. */
  get openOptions(): Pick<OpenOptions, 'assets' | 'worker'> {
    const url = this.#worker;
    if (!url) return {};
    return {
      assets: this.folder,
      worker: () => new Worker(url, { type: 'module', name: 'likeness-worker' }),
    };
  }

  /** Whether all is kept that a search with a model needs. */
  async isKept(model: string): Promise<boolean> {
    const name = cachePrefix + this.folder;
    return (await globalThis.caches?.match(model, { cacheName: name }).catch(() => undefined)) !== undefined;
  }

  /** URLs of what is kept, as scripts that import each other; undefined where something is missing. */
  async #blobs(): Promise<((name: string) => Promise<string>) | undefined> {
    const cache = await caches.open(cachePrefix + this.folder);
    const urls = new Map<string, Promise<string>>();
    const make = async (name: string): Promise<string> => {
      const text = await (await cache.match(this.folder + name))!.text();
      const parts = await Promise.all(
        [...text.matchAll(imported)].map(
          async ([specifier, other]) => [specifier, await urlOf(other!)] as const,
        ),
      );
      const bound = parts.reduce((all, [specifier, url]) => all.replaceAll(`${specifier}`, url), text);
      return URL.createObjectURL(new Blob([bound], { type: 'text/javascript' }));
    };
    const urlOf = (name: string): Promise<string> => {
      if (!urls.has(name)) urls.set(name, make(name));
      return urls.get(name)!;
    };
    return urlOf;
  }
}

/** Kept apart from the class: bundlers are not to look for what is imported. */
export const importModule = (url: string): Promise<unknown> => import(url);

/**
 * Keeps the library's scripts for a visit without a network, and drops those of older builds of the site. What is kept is
 * what the browser has just loaded. A model is named there when all is.
 */
export async function keepLibrary(
  library: Library,
  model: string,
  dropModels: () => Promise<void>,
): Promise<void> {
  const { folder } = library;
  try {
    if (await library.isKept(model)) return;
    const site = new URL('..', folder).href;
    for (const name of await caches.keys())
      if (name.startsWith(cachePrefix + site) && name !== cachePrefix + folder) await caches.delete(name);
    const cache = await caches.open(cachePrefix + folder);
    const names = new Set([...entries, workerName]);
    for (const name of names) {
      const response = await fetch(folder + name, { cache: 'force-cache' });
      if (!response.ok) return;
      const text = await response.text();
      for (const [, other] of text.matchAll(imported)) names.add(other!);
      await cache.put(folder + name, new Response(text));
    }
    await dropModels();
    await cache.put(model, new Response(''));
  } catch {
    // No room, or no storage: the next visit loads it again.
  }
}
