import { address, filterOf, go } from '../state/address.ts';
import { keepAskedFile } from '../state/asked-files.ts';
import { explain } from '../state/tasks.ts';
import { asReadable } from './browser-formats.ts';
import { chooseFolder } from './collections/open.ts';
import type { Given } from './given-types.ts';
import { hashOfFile } from './ids.ts';
import { importFiles } from './import-index.ts';
import { addFiles, indexMissing } from './indexing.ts';
import type { FileActions } from './input.ts';

/** What files do that come in by a chooser, a drop or a paste. */
export const actions = {
  query(file: File): void {
    ask(file).catch(explain);
  },
  /** @param key of the collection that a folder is, where that is known */
  add(given: Given, key?: string): void {
    const { picture: _, ...rest } = address.value;
    go({ ...rest, view: 'pictures', query: [] });
    addFiles(given, { key }).catch(explain);
  },
  /** Has the person choose a folder that can be opened again. */
  addFolder(): void {
    chooseFolder()
      .then((given) => given && actions.add(given))
      .catch(explain);
  },
  /** Reads what is still to be read. */
  goOn: (): void => void indexMissing().catch(explain),
  importFiles: (files: File[]): void => void importFiles(files).catch(explain),
} satisfies FileActions & Record<string, unknown>;

async function ask(file: File): Promise<void> {
  const readable = await asReadable(file);
  const key = keepAskedFile(readable, await hashOfFile(readable));
  go({ view: 'pictures', query: [{ file: key, weight: 1 }], ...filterOf(address.value) });
}
