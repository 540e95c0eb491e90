import type { Given, GivenFile } from '../given-types.ts';
import { Turns } from '../turns.ts';

/** Files that are opened at a time; opening one asks the browser's own process. */
const atOnce = 16;

/**
 * All files of a folder and of those in it, by their paths.
 *
 * @param onFound is told now and then how many there are so far
 * @throws DOMException `NotFoundError` where the folder itself is gone, `NotAllowedError` where it may not be read
 */
export async function listFolder(
  folder: FileSystemDirectoryHandle,
  onFound: (count: number) => void = () => {},
): Promise<Given> {
  const given: Given = { files: [], unread: [], folder: true, handles: new Map([[folder.name, folder]]) };
  const turns = new Turns();
  const found: { path: string; handle: FileSystemFileHandle }[] = [];
  const list = async (one: FileSystemDirectoryHandle, path: string): Promise<void> => {
    for await (const [name, handle] of one.entries()) {
      await turns.next();
      const inside = `${path}/${name}`;
      if (handle.kind === 'file') {
        found.push({ path: inside, handle: handle as FileSystemFileHandle });
        if (found.length % 100 === 0) onFound(found.length);
      } else {
        await list(handle as FileSystemDirectoryHandle, inside).catch((error: Error) =>
          given.unread.push({ path: inside, why: whyNotOpened(error), isFolder: true }),
        );
      }
    }
  };
  await list(folder, folder.name);
  // A disk's own order differs from one time to the next.
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (let at = 0; at < found.length; at += atOnce) {
    const opened = await Promise.all(
      found.slice(at, at + atOnce).map(async ({ path, handle }): Promise<GivenFile | undefined> => {
        try {
          return { path, file: await handle.getFile() };
        } catch (error) {
          given.unread.push({ path, why: whyNotOpened(error as Error) });
          return undefined;
        }
      }),
    );
    for (const one of opened) if (one) given.files.push(one);
    await turns.next();
  }
  return given;
}

const whyNotOpened = ({ message }: Error): string => `cannot be opened (${message})`;
