import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { type Format, SNIFFED_BYTES, sniffFormat } from '../../image/format.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { settingOf } from '../index-notes.ts';
import { say } from '../print.ts';
import { beginningOf, findFile, isAbsent, sendFile } from './send-file.ts';
import { forgetVersion, isCurrent } from './send-versioned.ts';
import { shownSize } from './shown-size.ts';
import type { Route } from './site.ts';
import { isSmall, smallHeights } from './small/sizes.ts';
import { SmallPictures } from './small/small-pictures.ts';

interface PictureFile {
  /** A path without links. */
  real: string;
  format: Format;
}

/** Files with so many bytes are sent as they are, where their picture is small. */
const smallBytes = 64 << 10;
/** Larger ones are not read at once. */
const maxBytes = 1 << 29;
/** Goes up when small pictures are made in another way: browsers have those from before. */
const edition = 1;

/** The pictures of an index, `pictures/<id>`, and small ones of them, `small/<height>/<id>`. */
export function pictureRoutes(
  index: { where: string; store: IndexStore },
  followLinks: boolean,
): Record<'pictures' | 'small', Route> {
  const find = pictureFinder(index, followLinks);
  const small = new SmallPictures();
  return {
    async pictures(path, request, response) {
      const found = await find(path);
      return found !== undefined && sendOriginal(found, request, response);
    },
    async small([first, ...path], request, response) {
      const height = smallHeights.find((each) => String(each) === first);
      const found = height === undefined ? undefined : await find(path);
      return found !== undefined && sendSmall(small, found, height!, request, response);
    },
  };
}

function pictureFinder(
  { where, store }: { where: string; store: IndexStore },
  followLinks: boolean,
): (path: string[]) => Promise<PictureFile | undefined> {
  const folder = resolve(where, settingOf(store, 'pictures') ?? '.');
  const known = new Set(store.entries.map(({ id }) => id));
  const told = new Set<string>();
  return async (path) => {
    const id = path.join('/');
    // Only pictures, and only those that the index names: an index from elsewhere may name any file.
    if (!known.has(id) || !path.every((part) => part !== '' && !part.startsWith('.'))) return undefined;
    const found = await findFile(join(folder, id), folder);
    if (!found) return undefined;
    if (found.inside || followLinks) {
      const format = sniffFormat(await beginningOf(found.real, SNIFFED_BYTES));
      return format && { real: found.real, format };
    }
    if (!told.has(id)) {
      told.add(id);
      say(
        `likeness: ${JSON.stringify(id)} is a link that leads out of ${folder}; it is not shown. --follow-links shows such pictures.`,
      );
    }
    return undefined;
  };
}

const sendOriginal = (
  { real, format }: PictureFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> => sendFile(request, response, real, `image/${format.toLowerCase()}`);

/** Answers with a small WebP picture; with the file itself where it is small, or cannot be decoded. */
async function sendSmall(
  small: SmallPictures,
  file: PictureFile,
  height: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const info = await statOf(file.real);
  if (!info) return false;
  const { size, mtime, mtimeMs } = info;
  if (size > maxBytes || (await isSmallFile(file, size, height)))
    return sendOriginal(file, request, response);
  const version = `${size.toString(16)}-${mtimeMs.toString(16)}`;
  if (isCurrent(request, response, { tag: `"${edition}-${height}-${version}"`, modified: mtime }))
    return true;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    const bytes = await small.of(file.real, version, height, gone.signal);
    if (response.destroyed) return true;
    if (!bytes) {
      forgetVersion(response);
      return await sendOriginal(file, request, response);
    }
    response.setHeader('Content-Type', 'image/webp');
    response.setHeader('Content-Length', bytes.length);
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return true;
  } catch (error) {
    forgetVersion(response);
    if (isAbsent(error)) return false;
    throw error;
  } finally {
    response.off('close', leave);
  }
}

/** Browsers turn JPEG as its EXIF data say; not all of them turn others. */
async function isSmallFile({ real, format }: PictureFile, size: number, height: number): Promise<boolean> {
  if (size > smallBytes || (format !== 'JPEG' && format !== 'GIF')) return false;
  const sides = await shownSize(real);
  return sides !== undefined && isSmall(...sides, height);
}

const statOf = (path: string): Promise<Stats | undefined> =>
  stat(path).catch((error) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
