import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { pictureEndings, unreadFormatOf } from '../image/endings.ts';
import type { SourceStamp } from './index-notes.ts';

/** No picture that is read is larger. A file is in memory as a whole while it is decoded. */
const maxBytes = 1 << 30;

export interface FoundPicture {
  /** Path below the folder, with `/`. */
  id: string;
  stamp: SourceStamp;
}

/** An entry of a folder that is passed over. */
export interface PassedOver {
  /** Path below the folder, with `/`. */
  path: string;
  message: string;
}

export interface FoundPictures {
  /** In the order of the code units of their ids. */
  pictures: FoundPicture[];
  passedOver: PassedOver[];
  /** Whether a picture that was not found may exist: its path, or a folder on its way, could not be looked at. */
  mayBeThere(id: string): boolean;
}

/**
 * Finds the pictures below a folder. Hidden files and folders (`.name`, also AppleDouble files) are left out. Links are
 * followed, each folder once. What looks like a picture or a folder and cannot be read is reported.
 *
 * @param leaveOut folders that are not looked into: where the index goes
 * @throws LikenessError where `folder` itself cannot be read
 */
export async function findPictures(folder: string, leaveOut: readonly string[] = []): Promise<FoundPictures> {
  const info = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw unreadable(folder, error);
    throw new LikenessError('not-found', `There is no folder ${folder}.`);
  });
  if (!info.isDirectory()) {
    throw new LikenessError(
      'bad-argument',
      `${folder} is not a folder; name the folder that holds the pictures.`,
    );
  }
  const walk = new Walk();
  for (const path of leaveOut) {
    const key = await identityOf(path).catch(() => undefined);
    if (key !== undefined) walk.seen.add(key);
  }
  await walk.all(resolve(folder)).catch((error) => {
    throw unreadable(folder, error);
  });
  const { pictures, passedOver, closed } = walk;
  pictures.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { pictures, passedOver, mayBeThere: (id) => isBelow(id, closed) };
}

/** Whether `closed` has the id or a folder on its way. */
function isBelow(id: string, closed: ReadonlySet<string>): boolean {
  if (closed.size === 0) return false;
  for (let end = id.length; end > 0; end = id.lastIndexOf('/', end - 1)) {
    if (closed.has(id.slice(0, end))) return true;
  }
  return false;
}

/** Whether what is at a path can still be reached. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    ({ code }) => code !== 'ENOENT' && code !== 'ENOTDIR',
  );
}

const unreadable = (folder: string, error: NodeJS.ErrnoException): LikenessError =>
  new LikenessError('not-found', `${folder} cannot be read (${error.code ?? error.message}).`, {
    cause: error,
  });

/** A folder's device and inode; these may be larger than a number can hold. */
async function identityOf(path: string | Buffer): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** What is at a place, and what stands before or for it in ids. */
type Folder = { path: Buffer; prefix: string };

class Walk {
  readonly pictures: FoundPicture[] = [];
  readonly passedOver: PassedOver[] = [];
  /** Paths that could not be looked at, though something is there. */
  readonly closed = new Set<string>();
  /** By {@link identityOf}: folders that were entered, or must not be. */
  readonly seen = new Set<string>();
  /** Links to folders come last: a folder that is reached directly has the ids of that path. */
  readonly #links: Folder[] = [];

  /** @throws what reading the base itself throws */
  async all(folder: string): Promise<void> {
    const base = { path: Buffer.from(folder), prefix: '' };
    // A link to a folder on the way to this one would lead back here.
    for (let path = await realpath(folder); ; path = dirname(path)) {
      this.seen.add(await identityOf(path));
      if (path === dirname(path)) break;
    }
    await this.#folder(base, await list(base.path));
    for (let link = this.#links.shift(); link; link = this.#links.shift()) await this.#enter(link, true);
  }

  #pass(path: string, message: string): void {
    this.passedOver.push({ path, message });
  }

  async #enter({ path, prefix }: Folder, isLink: boolean): Promise<void> {
    let entries: Dirent<Buffer>[];
    try {
      const identity = await identityOf(path);
      if (this.seen.has(identity)) {
        if (isLink)
          this.#pass(
            prefix,
            'a link to a folder that is read already, that holds this one, or that is the index',
          );
        return;
      }
      this.seen.add(identity);
      entries = await list(path);
    } catch (error) {
      this.closed.add(prefix);
      this.#pass(prefix, `a folder that cannot be read (${codeOf(error)})`);
      return;
    }
    await this.#folder({ path, prefix: `${prefix}/` }, entries);
  }

  async #folder({ path, prefix }: Folder, entries: readonly Dirent<Buffer>[]): Promise<void> {
    for (const entry of entries) {
      const bytes = entry.name;
      if (bytes[0] === 0x2e) continue; // a dot: hidden
      const name = textOf(bytes);
      if (name === undefined) {
        const shown = latin1(bytes);
        const matters = !entry.isFile() || pictureEndings.test(shown) || unreadFormatOf(shown);
        if (matters) this.#pass(prefix + shown, 'its name is no UTF-8: rename it');
        continue;
      }
      const own = { path: Buffer.concat([path, Buffer.from('/'), bytes]), prefix: `${prefix}${name}` };
      await this.#entry(own, entry);
    }
  }

  async #entry({ path, prefix: id }: Folder, entry: Dirent<Buffer>): Promise<void> {
    const looksLikePicture = pictureEndings.test(id);
    const passUnread = (): void => {
      const format = unreadFormatOf(id);
      if (format) this.#pass(id, `${format.name} is not read; ${format.advice}`);
    };
    // No picture by its name: no need to look at the file.
    if (entry.isFile() && !looksLikePicture) return passUnread();
    let info: Stats;
    try {
      info = await stat(path);
    } catch (error) {
      const code = codeOf(error);
      const isLink = entry.isSymbolicLink();
      // A link that is there may lead to a disk that is not.
      if (isLink ? code !== 'ELOOP' : code !== 'ENOENT') this.closed.add(id);
      const broken = code === 'ELOOP' ? 'a link that leads to itself' : `a link that leads nowhere (${code})`;
      this.#pass(id, isLink ? broken : `it cannot be read (${code})`);
      return;
    }
    if (info.isDirectory()) {
      if (entry.isSymbolicLink()) this.#links.push({ path, prefix: id });
      else await this.#enter({ path, prefix: id }, false);
    } else if (!info.isFile()) {
      this.#pass(id, `${kindOf(info)}, no file`);
    } else if (looksLikePicture) {
      if (info.size > maxBytes)
        this.#pass(id, `it has ${info.size} bytes; a picture file has up to ${maxBytes}`);
      else this.pictures.push({ id, stamp: { byteLength: info.size, modifiedMs: info.mtimeMs } });
    } else passUnread();
  }
}

/** In an order that is the same everywhere. */
const list = async (path: Buffer): Promise<Dirent<Buffer>[]> =>
  (await readdir(path, { withFileTypes: true, encoding: 'buffer' })).sort((a, b) =>
    Buffer.compare(a.name, b.name),
  );

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes that are no text, as text that shows them: `caf\xe9.jpg`. */
const latin1 = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

function kindOf(info: Stats): string {
  if (info.isFIFO()) return 'a pipe';
  if (info.isSocket()) return 'a socket';
  return info.isCharacterDevice() || info.isBlockDevice() ? 'a device' : 'something else';
}
