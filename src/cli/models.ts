import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { packagePathIfAny } from '../assets/package-root.node.ts';
import { LikenessError } from '../base/errors.ts';
import { readManifest } from '../network/files.node.ts';
import { manifestFile } from '../network/load.ts';
import { say } from './print.ts';

/** A model that the server offers, below `/models/`. */
export interface ServedModel {
  /** Its folder's name in the URL. */
  path: string;
  folder: string;
  fingerprint: string;
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
 * The models for a page: those of {@link modelFolders}, and one that an index was made with. Folders that hold the same
 * model are one; of folders with the same name all but the first are told apart by their fingerprint.
 */
export async function servedModels(ofIndex: string | undefined): Promise<ServedModel[]> {
  const models: ServedModel[] = [];
  for (const folder of [...(await modelFolders()), ...(ofIndex === undefined ? [] : [ofIndex])]) {
    const manifest = await readManifest(folder).catch((error: Error) => error);
    if (manifest instanceof Error) {
      say(`The model in ${folder} is left out: ${manifest.message}`);
      continue;
    }
    const { fingerprint } = manifest;
    if (models.some((other) => other.fingerprint === fingerprint)) continue;
    const name = basename(folder);
    const path = models.some((other) => other.path === name) ? `${name}-${fingerprint.slice(-16)}` : name;
    models.push({ path, folder, fingerprint });
  }
  return models;
}
