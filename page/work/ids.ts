import type { Picture } from '../state/pictures.ts';
import type { GivenFile, Unread } from './given-types.ts';
import { hashOfFile } from './thumbnails/keep.ts';
import { Turns } from './turns.ts';

export { hashOfFile };

/** `photos/1.jpg` → `photos/1 (2).jpg` */
function numbered(path: string, n: number): string {
  const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(path)!;
  return `${stem} (${n})${ending ?? ''}`;
}

/** A file, and the id of the picture that it is. */
export interface NamedFile {
  path: string;
  id: string;
  file: File;
}

/**
 * Finds which pictures files are. A file's path is its id. Where another picture has that id already, the contents decide:
 * the same content is the same picture, another gets a number.
 *
 * @param pictures what the page has
 * @param hashOf of one of those; `undefined` where its content is not known
 * @param onUnread is told of files that cannot be read
 * @param onDone is told how many were looked at
 */
export async function nameFiles(
  files: readonly GivenFile[],
  pictures: ReadonlyMap<string, Picture>,
  hashOf: (picture: Picture) => Promise<string | undefined>,
  onUnread: (unread: Unread) => void,
  onDone: (done: number) => void = () => {},
): Promise<NamedFile[]> {
  const named = new Map<string, NamedFile>();
  const turns = new Turns();
  const contentOf = (id: string): (() => Promise<string | undefined>) | undefined => {
    const file = named.get(id)?.file ?? pictures.get(id)?.file;
    if (file) return () => hashOfFile(file);
    const picture = pictures.get(id);
    return picture && (() => hashOf(picture));
  };
  for (const [n, { path, file }] of files.entries()) {
    await turns.next();
    onDone(n);
    try {
      const id = await idOf(path, file, contentOf);
      if (!named.has(id)) named.set(id, { path, id, file });
    } catch (error) {
      onUnread({ path, why: `cannot be read (${(error as Error).message})` });
    }
  }
  return [...named.values()];
}

async function idOf(
  path: string,
  file: File,
  contentOf: (id: string) => (() => Promise<string | undefined>) | undefined,
): Promise<string> {
  for (let n = 1; ; n++) {
    const id = n === 1 ? path : numbered(path, n);
    const hashThere = contentOf(id);
    if (!hashThere) return id;
    const own = await hashOfFile(file);
    if (own === (await hashThere().catch(() => undefined))) return id;
  }
}
