import { signal } from '@preact/signals';
import { droppedFiles, fetchGiven, type Given, givenFiles, givenUrls } from './given.ts';

/** What is done with files: one picture is a query, several are added, an index is opened. */
export interface FileActions {
  query(file: File): void;
  add(given: Given): void;
  /** An index or features. */
  importFiles(files: File[]): void;
}

/** Whether something is dragged over the page that it can take. */
export const isDragging = signal(false);

const isIndexFile = ({ name }: File): boolean => /\.(likeness|npy|json)$/i.test(name);

function take(given: Given, { query, add, importFiles }: FileActions): void {
  const files = given.files.map(({ file }) => file);
  if (!given.folder && files.length > 0 && files.every(isIndexFile)) importFiles(files);
  else if (!given.folder && files.length === 1 && given.unread.length === 0) query(files[0]!);
  else add(given);
}

/** Takes what is dropped and pasted anywhere in the page. */
export function connectDropAndPaste(actions: FileActions): void {
  addEventListener('paste', async (event) => {
    const { clipboardData, target } = event;
    if (!clipboardData) return;
    const files = [...clipboardData.files];
    const isText = target instanceof HTMLElement && target.matches('input, textarea');
    const urls = files.length > 0 || isText ? [] : givenUrls(clipboardData);
    if (files.length + urls.length === 0) return;
    event.preventDefault();
    take(files.length > 0 ? givenFiles(files) : await fetchGiven(urls), actions);
  });
  const isForUs = ({ dataTransfer }: DragEvent): boolean =>
    dataTransfer?.types.some((type) => type === 'Files' || type === 'text/uri-list') ?? false;
  addEventListener('dragover', (event) => {
    if (!isForUs(event)) return;
    event.preventDefault();
    isDragging.value = true;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) isDragging.value = false;
  });
  addEventListener('drop', async (event) => {
    isDragging.value = false;
    const { dataTransfer } = event;
    if (!dataTransfer || !isForUs(event)) return;
    event.preventDefault();
    if (dataTransfer.types.includes('Files')) take(await droppedFiles(dataTransfer), actions);
    else {
      const urls = givenUrls(dataTransfer);
      if (urls.length > 0) take(await fetchGiven(urls), actions);
    }
  });
}
