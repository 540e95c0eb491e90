import { address, go } from '../state/address.ts';
import { keepAskedFile } from '../state/asked-files.ts';
import { explain } from '../state/tasks.ts';
import { asReadable } from './browser-formats.ts';
import { hashOfFile } from './ids.ts';
import { importFiles } from './import-index.ts';
import { addFiles } from './indexing.ts';
import type { FileActions } from './input.ts';

/** What files do that come in by a chooser, a drop or a paste. */
export const actions: FileActions = {
  query(file) {
    ask(file).catch(explain);
  },
  add(given) {
    const { picture: _, ...rest } = address.value;
    go({ ...rest, view: 'pictures', query: [] });
    addFiles(given).catch(explain);
  },
  importFiles: (files) => void importFiles(files).catch(explain),
};

async function ask(file: File): Promise<void> {
  const readable = await asReadable(file);
  const key = keepAskedFile(readable, await hashOfFile(readable));
  go({ view: 'pictures', query: [{ file: key, weight: 1 }] });
}
