import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuse, urlOf } from '../checks.ts';
import { cacheFolder, openFolderCache } from '../model/delivery/cache.folder.node.ts';
import { createMemoryCache } from '../model/delivery/cache.memory.ts';
import type { ShardCache, StoredBytes } from '../model/delivery/cache.ts';
import { deliver, findManifest } from '../model/delivery/deliver.ts';
import { defaultPatience } from '../model/delivery/patience.ts';
import { folderUrl, originOf } from '../model/delivery/source.ts';
import { builtInModel, openModelFolder, readManifest } from '../model/files.node.ts';
import { type Model, type ModelFile, manifestFile } from '../model/load.ts';
import type { Manifest } from '../model/manifest.ts';
import type { OpenOptions, Progress, Report } from '../types.ts';
import { packagePath } from './package-root.ts';

const defaultModel = 'vgg16-compact';

/** What a program means by a model: a folder of this machine, or one on a server, with a slash at its end. */
type Place = { folder: string } | { base: string };

export interface ModelOptions {
  signal?: AbortSignal | undefined;
  /** As for `open`; for URLs. */
  refresh?: boolean | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Opens the model that a program names: a folder where it lies; one on a server by way of the user's cache, where it is
 * opened from the next time.
 *
 * @throws LikenessError `bad-argument`, `not-found`, `bad-model`
 */
export async function openModel(
  name: OpenOptions['model'],
  { signal, refresh, onProgress }: ModelOptions,
): Promise<{ model: Model; modelFiles: Report['modelFiles'] }> {
  const place = await placeOf(name);
  if ('folder' in place) {
    const model = await openModelFolder(place.folder, {
      signal,
      onProgress: (done, total) => onProgress?.({ phase: 'model', done, total }),
    });
    return { model, modelFiles: { where: 'folder', warnings: [] } };
  }
  const { origin, key } = originAt(place.base);
  const { cache, warnings } = await openCache();
  const delivered = await deliver(origin, cache, {
    model: key,
    refresh,
    signal: signal ?? new AbortController().signal,
    onProgress: (progress) => onProgress?.({ phase: 'model', ...progress }),
  });
  const { manifest, storage } = delivered;
  const files = new Map([...delivered.files].map(([file, bytes]) => [file, fileOfStored(bytes)]));
  return {
    model: { manifest, files },
    modelFiles: { where: storage, warnings: [...warnings, ...delivered.warnings] },
  };
}

/** The manifest of a model, without its files. */
export async function modelManifest(name: OpenOptions['model']): Promise<Manifest> {
  const place = await placeOf(name);
  if ('folder' in place) return readManifest(place.folder);
  const { origin, key } = originAt(place.base);
  const { cache } = await openCache();
  const { signal } = new AbortController();
  return findManifest(origin, cache, { model: key, refresh: false, signal, patience: defaultPatience }, []);
}

const originAt = (base: string): ReturnType<typeof originOf> => originOf({ kind: 'url', base });

/** The user's cache, or memory, with the reason for that. */
async function openCache(): Promise<{ cache: ShardCache<StoredBytes>; warnings: string[] }> {
  const folder = cacheFolder();
  try {
    return { cache: await openFolderCache(folder), warnings: [] };
  } catch (error) {
    const warning = `${folder} cannot be made (${(error as NodeJS.ErrnoException).code ?? error}): the model is in memory and will be fetched again next time. XDG_CACHE_HOME names another folder.`;
    return { cache: createMemoryCache(), warnings: [warning] };
  }
}

const fileOfStored = (bytes: StoredBytes): ModelFile => ({
  byteLength: bytes.size,
  read: async (from, to) => new Uint8Array(await bytes.slice(from, to).arrayBuffer()),
});

/** A built-in name, a path, or a URL. Files and handles are what pages have. */
async function placeOf(model: OpenOptions['model'] = defaultModel): Promise<Place> {
  const wanted = 'a name, the path of a folder, or a file:, http: or https: URL, in Node';
  const isName = typeof model === 'string' || model instanceof URL;
  const name = String(model);
  if (!isName || name === '') return refuse('model', model, wanted);
  const scheme = /^([a-z][\w+.-]+):\/\//i.exec(name)?.[1]?.toLowerCase();
  if (scheme === 'file') return { folder: pathOf(name) };
  if (scheme === 'http' || scheme === 'https') {
    const url = urlOf(name, name) ?? refuse('model', name, wanted);
    return { base: folderUrl(url) };
  }
  if (scheme !== undefined || model instanceof URL) return refuse('model', name, wanted);
  return { folder: /[/\\]/.test(name) ? name : await builtInModel(name, packagePath('dist/web/models')) };
}

/** The folder that a `file:` URL names, or whose manifest it names. */
function pathOf(url: string): string {
  try {
    const path = fileURLToPath(url);
    return basename(path) === manifestFile ? dirname(path) : path;
  } catch {
    return refuse('model', url, 'a file: URL of this machine, file:///…');
  }
}
