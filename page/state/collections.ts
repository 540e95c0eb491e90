import { computed, signal } from '@preact/signals';
import type { StoredCollection, StoredFile } from './collection-types.ts';
import { pictures } from './pictures.ts';
import { unreadPictures } from './unread.ts';

/** A folder that the person gave, in this visit or before. */
export interface Collection extends StoredCollection {
  /** Its files by their paths, as they were when they were looked at last. */
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Whether its files are at hand: chosen, dropped or reopened in this visit. */
  readonly isOpen: boolean;
  /** Pictures in the index whose files were not in the folder any more when it was looked at: their ids. */
  readonly vanished: readonly string[];
}

export const collections = signal<readonly Collection[]>([]);

export function changeCollection(key: string, change: Partial<Collection>): void {
  collections.value = collections.value.map((one) => (one.key === key ? { ...one, ...change } : one));
}

/** What is told of a collection. */
export interface CollectionSummary {
  key: string;
  name: string;
  /** Pictures that it has. */
  count: number;
  /** Of these, those that a query cannot find yet. */
  toGo: number;
  isOpen: boolean;
  /** Whether it can be opened again without choosing it. */
  isKept: boolean;
  vanished: readonly string[];
}

/** The collections, the one that was opened last first. */
export const collectionSummaries = computed((): readonly CollectionSummary[] =>
  collections.value.map(({ key, name, files, isOpen, handle, vanished }) => {
    let count = 0;
    let toGo = 0;
    for (const { id, isLeftOut } of files.values()) {
      if (isLeftOut || unreadPictures.value.has(id)) continue;
      count++;
      if (!pictures.value.get(id)?.indexed) toGo++;
    }
    return { key, name, count, toGo, isOpen, isKept: handle !== undefined, vanished };
  }),
);
