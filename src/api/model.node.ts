import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetAt, builtInModels, isHttp } from '../assets/assets.node.ts';
import { refuse, urlOf } from '../base/checks.ts';
import { isUrl } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { cacheFolder, openFolderCache } from '../delivery/cache.folder.node.ts';
import { createMemoryCache } from '../delivery/cache.memory.ts';
import type { ShardCache, StoredBytes } from '../delivery/cache.ts';
import { deliver, findManifest } from '../delivery/deliver.ts';
import { fileOf } from '../delivery/hash.ts';
import { folderUrl, type ModelSource, originOf } from '../delivery/source.ts';
import type { Report } from '../engine/types.ts';
import { type ModelPlace, openModelFolder, readManifest } from '../network/files.node.ts';
import { type Model, manifestFile } from '../network/load.ts';
import type { Manifest } from '../network/manifest.ts';
import type { OpenOptions } from './options.ts';

const defaultModel = 'vgg16-compact';

/** What a program means by a model: files of this machine, or of a server. */
type Place =
  | { files: ModelPlace }
  /** `refresh`: whether the server is asked for a newer one where the program says nothing. */
  | { source: ModelSource; refresh: boolean };

type ModelOptions = Pick<OpenOptions, 'assets' | 'signal' | 'refresh' | 'onProgress'>;

/**
 * Opens the model that a program names: a folder where it lies; one on a server by way of the user's cache, where it is
 * opened from the next time.
 *
 * @throws LikenessError `bad-argument`, `not-found`, `bad-model`
 */
export async function openModel(
  name: OpenOptions['model'],
  { assets, signal, refresh, onProgress }: ModelOptions,
): Promise<{ model: Model; modelFiles: Report['modelFiles'] }> {
  const place = placeOf(name, assets);
  if ('files' in place) {
    const model = await openModelFolder(place.files, {
      signal,
      onProgress: (done, total) => onProgress?.({ phase: 'model', done, total }),
    });
    return { model, modelFiles: { where: 'folder', warnings: [] } };
  }
  const { origin, key } = originOf(place.source);
  const { cache, warnings } = await openCache();
  const delivered = await deliver(origin, cache, {
    model: key,
    refresh: refresh ?? place.refresh,
    signal: signal ?? new AbortController().signal,
    onProgress: (progress) => onProgress?.({ phase: 'model', ...progress }),
  });
  const { manifest, storage } = delivered;
  const files = new Map([...delivered.files].map(([file, bytes]) => [file, fileOf(bytes)]));
  return {
    model: { manifest, files },
    modelFiles: { where: storage, warnings: [...warnings, ...delivered.warnings] },
  };
}

/** The manifest of a model, without its files. */
export async function modelManifest(
  name: OpenOptions['model'],
  assets?: OpenOptions['assets'],
): Promise<Manifest> {
  const place = placeOf(name, assets);
  if ('files' in place) return readManifest(place.files);
  const { origin, key } = originOf(place.source);
  const { cache } = await openCache();
  const { signal } = new AbortController();
  const { refresh } = place;
  return findManifest(origin, cache, { model: key, refresh, signal }, []);
}

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

/** A built-in name, a path, or a URL. Files and handles are what pages have. */
function placeOf(model: OpenOptions['model'] = defaultModel, assets: OpenOptions['assets']): Place {
  const wanted = 'a name, the path of a folder, or a file:, http: or https: URL, in Node';
  const name = typeof model === 'string' ? model : isUrl(model) ? model.href : '';
  if (name === '') return refuse('model', model, wanted);
  const scheme = /^([a-z][\w+.-]+):\/\//i.exec(name)?.[1]?.toLowerCase();
  if (scheme === 'file') return { files: pathOf(name) };
  if (scheme === 'http' || scheme === 'https') {
    const url = urlOf(name, name) ?? refuse('model', name, wanted);
    return { source: { kind: 'url', base: folderUrl(url) }, refresh: false };
  }
  if (scheme !== undefined || isUrl(model)) return refuse('model', name, wanted);
  return /[/\\]/.test(name) ? { files: name } : builtIn(name, assets);
}

function builtIn(name: string, assets: OpenOptions['assets']): Place {
  if (assets === undefined && !builtInModels.includes(name)) {
    throw new LikenessError(
      'not-found',
      `There is no built-in model "${name}"; there is ${builtInModels.join(', ')}. A folder is named with a path, e.g. ./${name}.`,
    );
  }
  const place = (file: string): string => assetAt(`models/${name}/${file}`, assets);
  const manifest = place(manifestFile);
  if (!isHttp(manifest)) return { files: place };
  const own = `models/${name}/`;
  const files =
    typeof assets === 'string' || isUrl(assets)
      ? []
      : Object.keys(assets ?? {}).filter((each) => each.startsWith(own));
  return {
    source: {
      kind: 'builtIn',
      name,
      files: Object.fromEntries(files.map((each) => [each.slice(own.length), assetAt(each, assets)])),
      folder: new URL('./', manifest).href,
    },
    refresh: true,
  };
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
