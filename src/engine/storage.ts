import { LikenessError } from '../base/errors.ts';
import type { Store } from '../store/format/files.ts';
import { IndexStore } from '../store/index-store.ts';
import type { Engine } from './engine.ts';

/** How a program names a store; each platform has its own. */
export type OpenStore<Name> = (name: Name) => Promise<Store>;

/** What an engine does with stores other than its own, in the worker or in the process. */
export interface Storage<Name> {
  /** Writes the index to another store, all or nothing. */
  save(target: Name): Promise<void>;
  /** The whole index as one file. */
  export(): Promise<Blob>;
  /** Takes over what {@link export} wrote, all or nothing. Resolves to the number of pictures. */
  import(source: Name): Promise<number>;
}

export function storageOf<Name>(engine: Engine<never>, openStore: OpenStore<Name>): Storage<Name> {
  return {
    async save(name) {
      const store = await openStore(name);
      if (store.readOnly) throw new LikenessError('read-only', `Nothing can be saved to ${store.name}.`);
      const target = await IndexStore.open(store, { create: engine.info });
      try {
        if (target.entries.length > 0) {
          throw new LikenessError(
            'bad-argument',
            `There is an index of ${target.entries.length} pictures in ${target.name} already; delete it first, or take another name.`,
          );
        }
        await engine.withIndex((index) => target.importFrom(index));
      } finally {
        await target.close();
      }
    },
    export: () =>
      engine.withIndex(async (index) => {
        const parts: Blob[] = [];
        // As blobs the parts need not be in memory.
        for await (const part of index.exported().parts) parts.push(new Blob([part as BlobPart]));
        return new Blob(parts, { type: 'application/octet-stream' });
      }),
    async import(name) {
      const source = await IndexStore.open(await openStore(name), { expect: engine.info });
      try {
        return await engine.importFrom(source);
      } finally {
        await source.close();
      }
    },
  };
}

/** Opens the store of an index: what is there, or a new one. */
export async function openIndex(store: Store, info: Engine<never>['info']): Promise<IndexStore> {
  return IndexStore.open(store, store.readOnly ? { expect: info } : { create: info });
}
