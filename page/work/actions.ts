import { address, go } from '../state/address.ts';
import { keepAskedFile } from '../state/asked-files.ts';
import { explain } from '../state/tasks.ts';
import { hashOfFile } from './ids.ts';
import { importFiles } from './import-index.ts';
import { addFiles } from './indexing.ts';
import type { FileActions } from './input.ts';

/** What files do that come in by a chooser, a drop or a paste. */
export const actions: FileActions = {
  query(file) {
    hashOfFile(file).then(
      (hash) => go({ view: 'pictures', query: [{ file: keepAskedFile(file, hash), weight: 1 }] }),
      explain,
    );
  },
  add(given) {
    const { picture: _, ...rest } = address.value;
    go({ ...rest, view: 'pictures', query: [] });
    addFiles(given).catch(explain);
  },
  importFiles: (files) => void importFiles(files).catch(explain),
};
