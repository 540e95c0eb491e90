import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { packagePathIfAny } from '../assets/package-root.node.ts';
import { urlOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import { cacheFolder, openFolderCache, shardsFolder } from '../delivery/cache.folder.node.ts';
import { filesOf, readModelRecord } from '../delivery/records.ts';
import { folderUrl } from '../delivery/source.ts';
import { readManifest } from '../network/files.node.ts';
import { manifestFile } from '../network/load.ts';
import type { Manifest } from '../network/manifest.ts';
import { isModelFolder, isModelUrl } from './model-name.ts';
import { say } from './print.ts';

/** A model that the server offers, below `/models/`. */
export interface ServedModel {
  /** Its folder's name in the URL. */
  path: string;
  manifest: Manifest;
  /** A file of the model: its text, or where it is; nothing where the model has none of that name. */
  find(file: string): Promise<string | { folder: string; name: string } | undefined>;
}

/**
 * Folders with a model: `folder` itself, and those in it.
 *
 * @throws LikenessError `not-found` when it cannot be read
 */
export async function modelsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new LikenessError('not-found', `${folder} cannot be read (${error.code}).`, { cause: error });
  });
  return [folder, ...names.sort().map((name) => join(folder, name))].filter((path) =>
    existsSync(join(path, manifestFile)),
  );
}

/** Folders with a model of the package, and in `./models`. */
export async function modelFolders(): Promise<string[]> {
  const places = new Set([packagePathIfAny('dist/web/models') ?? resolve('models'), resolve('models')]);
  return (await Promise.all([...places].map((folder) => modelsIn(folder).catch(() => [])))).flat();
}

/**
 * The models for a page: those of {@link modelFolders} and the one that made an index, each fingerprint once. Where two
 * have one name, the later one's path ends in its fingerprint.
 *
 * @param ofIndex its folder or URL
 */
export async function servedModels(ofIndex: string | undefined): Promise<ServedModel[]> {
  const models: ServedModel[] = [];
  const add = (name: string, manifest: Manifest, find: ServedModel['find']): void => {
    const { fingerprint } = manifest;
    if (models.some((other) => other.manifest.fingerprint === fingerprint)) return;
    const path = models.some((other) => other.path === name) ? `${name}-${fingerprint.slice(-16)}` : name;
    models.push({ path, manifest, find });
  };
  const folders = await modelFolders();
  if (ofIndex !== undefined && isModelFolder(ofIndex)) folders.push(ofIndex);
  for (const folder of folders) {
    await readManifest(folder).then(
      (manifest) => add(basename(folder), manifest, (name) => findIn(folder, name)),
      (error: Error) => say(`The model in ${folder} is left out: ${error.message}`),
    );
  }
  const cached = ofIndex !== undefined && isModelUrl(ofIndex) && (await cachedModel(ofIndex));
  if (cached) add(cached.manifest.name, cached.manifest, async (name) => cached.find(name));
  return models;
}

/** The manifest is read each time: the model may have been built again, or be gone. */
async function findIn(folder: string, name: string): Promise<{ folder: string; name: string } | undefined> {
  if (name === manifestFile) return { folder, name };
  const manifest = await readManifest(folder).catch(() => undefined);
  const isOurs = manifest && filesOf(manifest).some(({ file }) => file === name);
  return isOurs ? { folder, name } : undefined;
}

/** A server's model, if all its files are in the user's cache. */
async function cachedModel(
  url: string,
): Promise<{ manifest: Manifest; find(name: string): ReturnType<typeof findIn> | string } | undefined> {
  const cache = await openFolderCache(cacheFolder()).catch(() => undefined);
  const parsed = urlOf(url, url);
  const stored = cache && parsed && (await readModelRecord(cache, folderUrl(parsed)));
  if (!stored) return undefined;
  const { record, manifest } = stored;
  const files = filesOf(manifest);
  const sizes = await cache.sizes();
  if (files.some(({ sha256, byteLength }) => sizes.get(sha256) !== byteLength)) return undefined;
  return {
    manifest,
    find(name) {
      if (name === manifestFile) return record.manifest;
      const file = files.find((each) => each.file === name);
      return Promise.resolve(file && { folder: shardsFolder(cacheFolder()), name: file.sha256 });
    },
  };
}
