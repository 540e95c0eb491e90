import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetAt, builtInModels, isHttp } from '../assets/assets.node.ts';
import { refuse, urlOf } from '../base/checks.ts';
import { isUrl } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { ownModel } from '../base/own-model.ts';
import { cacheFolder, openFolderCache } from '../delivery/cache.folder.node.ts';
import { createMemoryCache } from '../delivery/cache.memory.ts';
import type { ShardCache, StoredBytes } from '../delivery/cache.ts';
import { deliverFiles, findManifest } from '../delivery/deliver.ts';
import { fileOf } from '../delivery/hash.ts';
import { folderUrl, type ModelSource, originOf } from '../delivery/source.ts';
import { type ModelPlace, openModelFiles, readManifest } from '../network/files.node.ts';
import { manifestFile } from '../network/load.ts';
import type { Manifest } from '../network/manifest.ts';
import type { FarModel, HereModel } from './create-engine.ts';
import type { OpenOptions } from './options.ts';

/** What a program means by a model: files of this machine, or of a server. */
type Place =
  | { files: ModelPlace }
  /** `refresh`: whether the server is asked for a newer one where the program says nothing. */
  | { source: ModelSource; refresh: boolean };

type ModelOptions = Pick<OpenOptions, 'assets' | 'signal' | 'refresh'>;

/**
 * Reads the manifest of the model that a program names. Its files: those of a folder where they lie; those on a server by
 * way of the user's cache, where it is opened from the next time.
 *
 * @throws LikenessError `bad-argument`, `not-found`, `bad-model`
 */
export async function findModel(
  name: OpenOptions['model'],
  { assets, signal = new AbortController().signal, refresh }: ModelOptions = {},
): Promise<FarModel> {
  const place = placeOf(name, assets);
  if ('files' in place) {
    signal.throwIfAborted();
    const manifest = await readManifest(place.files);
    return { manifest, bring: (how) => bringFolder(place.files, manifest, how) };
  }
  const { origin, key } = originOf(place.source);
  const { cache, warnings } = await openCache();
  const how = { model: key, refresh: refresh ?? place.refresh, signal };
  const manifest = await findManifest(origin, cache, how, warnings);
  return {
    manifest,
    async bring({ signal: ended, onProgress }) {
      const delivered = await deliverFiles(origin, cache, manifest, {
        signal: ended,
        onProgress: (progress) => onProgress({ phase: 'model', ...progress }),
      });
      const files = new Map([...delivered.files].map(([file, bytes]) => [file, fileOf(bytes)]));
      return {
        model: { manifest, files },
        modelFiles: { where: delivered.storage, warnings: [...warnings, ...delivered.warnings] },
      };
    },
  };
}

async function bringFolder(
  files: ModelPlace,
  manifest: Manifest,
  { signal, onProgress }: Parameters<FarModel['bring']>[0],
): Promise<HereModel> {
  const model = await openModelFiles(files, manifest, {
    signal,
    onProgress: (done, total) => onProgress({ phase: 'model', done, total }),
  });
  return { model, modelFiles: { where: 'folder', warnings: [] } };
}

/** Opens the model that a program names. */
export async function openModel(
  name: OpenOptions['model'],
  { onProgress = () => {}, ...options }: ModelOptions & Pick<OpenOptions, 'onProgress'>,
): Promise<HereModel> {
  const { signal = new AbortController().signal } = options;
  return (await findModel(name, options)).bring({ signal, onProgress });
}

/** The manifest of a model, without its files. */
export const modelManifest = async (
  name: OpenOptions['model'],
  assets?: OpenOptions['assets'],
): Promise<Manifest> => (await findModel(name, { assets })).manifest;

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
function placeOf(model: OpenOptions['model'] = ownModel, assets: OpenOptions['assets']): Place {
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
