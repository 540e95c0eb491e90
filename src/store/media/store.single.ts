import { LikenessError } from '../../base/errors.ts';
import { blobFile, type OpenFile } from '../../base/random-access.ts';
import type { Store, StoredFile } from '../format/files.ts';
import { fileName } from '../format/generations.ts';

async function refuseToWrite(name: string): Promise<never> {
  throw new LikenessError('read-only', `${name} can only be read.`);
}

/** A store of which nothing is written: opening an index in it repairs nothing. */
export const readOnlyStore = (store: Store): Store => ({
  name: store.name,
  readOnly: true,
  randomReads: store.randomReads ?? false,
  list: () => store.list(),
  open: (name, mode) => (mode === 'read' ? store.open(name, mode) : refuseToWrite(store.name)),
  remove: () => refuseToWrite(store.name),
  lock: async () => undefined,
});

/** A store over one file that can only be read: an exported index. */
export class SingleFileStore implements Store {
  readonly name: string;
  readonly readOnly = true;
  readonly randomReads: boolean;
  readonly #openFile: () => Promise<OpenFile>;

  /** @param name for messages: a path, a URL @param randomReads as {@link Store} says it */
  constructor(name: string, openFile: () => Promise<OpenFile>, randomReads: boolean) {
    this.name = name;
    this.randomReads = randomReads;
    this.#openFile = openFile;
  }

  async list(): Promise<{ name: string; byteLength: number }[]> {
    return [{ name: fileName(1), byteLength: 0 }];
  }

  async open(): Promise<StoredFile> {
    const file = await this.#openFile();
    const refuse = (): Promise<never> => refuseToWrite(this.name);
    return {
      readsOverlap: this.randomReads,
      size: () => file.size(),
      read: (at, into) => file.read(at, into),
      close: () => file.close(),
      write: refuse,
      truncate: refuse,
      sync: refuse,
    };
  }

  remove(): Promise<never> {
    return refuseToWrite(this.name);
  }

  async lock(): Promise<undefined> {}
}

/** An exported index as a `Blob` or `File`: dropped on a page, or downloaded. */
export function blobStore(blob: Blob): SingleFileStore {
  const name = 'name' in blob && typeof blob.name === 'string' ? blob.name : 'the file';
  return new SingleFileStore(name, async () => ({ ...blobFile(blob), close: async () => {} }), true);
}
