import { byId } from './dom.ts';
import { droppedFiles, fetchGiven, type Given, givenFiles, givenUrls } from './given.ts';

/** What a person does with files: one is a query, several are added; the choosers say which. */
export interface FileActions {
  query(file: File): void;
  add(given: Given): void;
  /** An index or features. */
  importFiles(files: File[]): void;
}

/** Connects choosers, drops and pastes, anywhere in the page. */
export function connectFileInput({ query, add, importFiles }: FileActions): void {
  const chooser = (id: string, use: (files: File[]) => void): void => {
    const input = byId(id, HTMLInputElement);
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      input.value = ''; // the same file may be chosen again
      if (files.length > 0) use(files);
    });
  };
  chooser('query-file', ([file]) => query(file!));
  chooser('add-files', (files) => add(givenFiles(files)));
  chooser('add-folder', (files) => add(givenFiles(files)));
  chooser('import-index', importFiles);

  const take = (given: Given): void => {
    const files = given.files.map(({ file }) => file);
    const indexes = files.filter(({ name }) => /\.(likeness|npy|json)$/i.test(name));
    if (!given.folder && files.length > 0 && indexes.length === files.length) importFiles(files);
    else if (!given.folder && files.length === 1 && given.unread.length === 0) query(files[0]!);
    else add(given);
  };
  addEventListener('paste', async (event) => {
    const { clipboardData, target } = event;
    if (!clipboardData) return;
    const files = [...clipboardData.files];
    const isText = target instanceof HTMLInputElement && target.type === 'text';
    const urls = files.length > 0 || isText ? [] : givenUrls(clipboardData);
    if (files.length + urls.length === 0) return;
    event.preventDefault();
    take(files.length > 0 ? givenFiles(files) : await fetchGiven(urls));
  });

  const veil = byId('drop', HTMLElement);
  const isForUs = ({ dataTransfer }: DragEvent): boolean =>
    dataTransfer?.types.some((type) => type === 'Files' || type === 'text/uri-list') ?? false;
  addEventListener('dragover', (event) => {
    if (!isForUs(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener('drop', async (event) => {
    veil.hidden = true;
    const { dataTransfer } = event;
    if (!dataTransfer || !isForUs(event)) return;
    event.preventDefault();
    if (dataTransfer.types.includes('Files')) take(await droppedFiles(dataTransfer));
    else {
      const urls = givenUrls(dataTransfer);
      if (urls.length > 0) take(await fetchGiven(urls));
    }
  });
}
