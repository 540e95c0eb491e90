import { listFolder } from './collections/list-folder.ts';
import type { Given } from './given-types.ts';

export type { Given, GivenFile, Unread } from './given-types.ts';

/** Files of a chooser, or of the clipboard. */
export const givenFiles = (files: Iterable<File>): Given => {
  const given = [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { files: given, unread: [], folder: given.some(({ file }) => file.webkitRelativePath !== '') };
};

/** A dropped item, as Chromium has it besides. */
interface KeptItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** Files of a drop, those in dropped folders too. Has to be called while the event is handled. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<Given> {
  const given: Given = { files: [], unread: [], folder: false };
  // All of them at once: after the event they are empty.
  const found = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item: KeptItem) => {
      const entry = item.webkitGetAsEntry?.();
      // Only folders need one: WebKit's of a file that a script made cannot be opened.
      if (!entry?.isDirectory) return { file: item.getAsFile() };
      return { entry, handle: item.getAsFileSystemHandle?.().catch(() => null) };
    });
  const plain = [...files];
  if (found.length === 0) return givenFiles(plain);
  for (const { file, entry, handle } of found) {
    if (file) given.files.push({ path: file.name, file });
    const folder = await handle;
    if (folder?.kind === 'directory') {
      const listed = await listFolder(folder as FileSystemDirectoryHandle);
      for (const one of listed.files) given.files.push(one);
      given.unread.push(...listed.unread);
      given.handles = new Map([...(given.handles ?? []), ...listed.handles!]);
      given.folder = true;
    } else if (entry) await addEntry(entry, given);
  }
  return given;
}

async function addEntry(entry: FileSystemEntry, given: Given): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((done, failed) =>
        (entry as FileSystemFileEntry).file(done, failed),
      );
      given.files.push({ path, file });
      return;
    }
    given.folder = true;
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      // A reader hands out a folder in parts of up to a hundred, an empty one at the end.
      const part = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
      if (part.length === 0) return;
      for (const child of part) await addEntry(child, given);
    }
  } catch (error) {
    given.unread.push({
      path,
      why: `cannot be opened (${(error as Error).message})`,
      ...(entry.isDirectory ? { isFolder: true } : {}),
    });
  }
}

/** Web addresses of a drop or a paste that has no files: of a picture that was dragged from another page. */
export function givenUrls(transfer: DataTransfer): URL[] {
  const lines = (transfer.getData('text/uri-list') || transfer.getData('text/plain')).split(/\r?\n/);
  const urls = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => URL.parse(line.trim()));
  return urls.every((url) => url !== null && /^https?:$/.test(url.protocol)) ? (urls as URL[]) : [];
}

/** Fetches what web addresses name; the site has to allow it (CORS). */
export async function fetchGiven(urls: readonly URL[]): Promise<Given> {
  const given: Given = { files: [], unread: [], folder: false };
  for (const { href, pathname, hostname } of urls) {
    try {
      const response = await fetch(href);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const name = decodeURIComponent(pathname.split('/').at(-1) ?? '') || hostname;
      const blob = await response.blob();
      given.files.push({ path: name, file: new File([blob], name, { type: blob.type }) });
    } catch (error) {
      const { message } = error as Error;
      given.unread.push({
        path: href,
        why: `cannot be fetched (${message}): its site has to allow other pages to read it; save the picture and drop the file`,
      });
    }
  }
  return given;
}
