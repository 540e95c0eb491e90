import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { modelManifest } from '../api/model.node.ts';
import type { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { Manifest } from '../network/manifest.ts';
import type { Change } from '../store/format/changes.ts';
import type { IndexInfo, IndexModel } from '../store/format/header.ts';
import { modelMismatch } from '../store/mismatch.ts';
import { defaultModel, isModelFolder, modelOfIndex } from './model-name.ts';

/** A file as it was when its features were extracted. While it is the same, they are not extracted again. */
export interface SourceStamp {
  byteLength: number;
  modifiedMs: number;
}

/** A picture's metadata. */
export interface PictureMeta {
  file: SourceStamp;
}

/** An index's settings. */
export interface FolderSettings {
  /** The folder of the pictures, relative to the index. */
  pictures: string;
  /** A built-in model's name, or the model's folder relative to the index. */
  model: string;
}

export const settingChanges = ({ pictures, model }: FolderSettings): Change[] => [
  { set: 'pictures', value: pictures },
  { set: 'model', value: model },
];

/** A setting that is text. */
export function settingOf(
  { settings }: Pick<Made, 'settings'>,
  name: keyof FolderSettings,
): string | undefined {
  const value = settings.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** What an index says of how it was made. */
export interface Made {
  info: IndexInfo;
  settings: ReadonlyMap<string, Json>;
}

/** The command that indexes the pictures of an index again. */
export function indexCommand(where: string, made: Made): string {
  // A file or a URL notes paths that are relative to the folder where it was once.
  const here = existsSync(where) && statSync(where).isDirectory();
  const pictures = settingOf(made, 'pictures');
  // An index of imported features notes its own folder.
  const folder = here && pictures !== undefined && pictures !== '.' ? join(where, pictures) : undefined;
  const model = settingOf(made, 'model') ?? made.info.model.name;
  const path = isModelFolder(model) ? (here ? join(where, model) : '<model>') : model;
  return [
    `likeness index ${folder === undefined ? '<folder of pictures>' : quoted(folder)}`,
    `-o ${here ? quoted(where) : '<index-dir>'}`,
    ...(path === defaultModel ? [] : [`--model ${quoted(path)}`]),
    ...(made.info.parity ? ['--exif ignore'] : []),
  ].join(' ');
}

const quoted = (path: string): string =>
  path === '<model>' || /^[\p{L}\p{N}\w@%+=:,./\\~-]+$/u.test(path) ? path : `"${path}"`;

/** The model that an index notes, as it is here now. */
export async function modelHere(where: string, made: Made): Promise<{ model: string; manifest: Manifest }> {
  const model = modelOfIndex(settingOf(made, 'model') ?? made.info.model.name, where);
  return { model, manifest: await modelManifest(model) };
}

/** The error, where the model here is not the one that made the index. */
export function otherModel(where: string, made: Made, here: IndexModel): LikenessError | undefined {
  if (here.fingerprint === made.info.model.fingerprint) return undefined;
  return modelMismatch(made.info.model, here, where, indexCommand(where, made));
}
