import type { Change } from '../store/format/changes.ts';
import type { IndexStore } from '../store/index-store.ts';

/** A file as it was when its features were extracted; unchanged means: not extracted again. */
export interface SourceStamp {
  byteLength: number;
  modifiedMs: number;
}

/** What the command line notes of a picture, as its metadata. */
export interface PictureMeta {
  file: SourceStamp;
}

/** What the command line notes in an index, as settings. */
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

export function settingOf(index: IndexStore, name: keyof FolderSettings): string | undefined {
  const value = index.settings.get(name);
  return typeof value === 'string' ? value : undefined;
}
