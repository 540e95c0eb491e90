import { byId } from './dom.ts';
import { droppedFiles } from './pictures.ts';

/** What a person does with files: one is a query, several are added; the choosers say which. */
export interface FileActions {
  query(file: File): void;
  add(files: File[]): void;
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
  chooser('add-files', add);
  chooser('add-folder', add);
  chooser('import-index', importFiles);

  const take = (files: File[]): void => {
    if (files.some(({ name }) => /\.(likeness|npy)$/i.test(name))) importFiles(files);
    else if (files.length === 1) query(files[0]!);
    else if (files.length > 1) add(files);
  };
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) event.preventDefault();
    take(files);
  });

  const veil = byId('drop', HTMLElement);
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener('drop', async (event) => {
    veil.hidden = true;
    if (!event.dataTransfer || !holdsFiles(event)) return;
    event.preventDefault();
    take(await droppedFiles(event.dataTransfer));
  });
}
