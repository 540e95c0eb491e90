import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { type FilePlace, type FilePlaceOptions, placeForFile } from '../output/place.node.ts';
import { writeFileAt } from '../output/write-file.node.ts';
import { print, say } from './print.ts';
import { isIndexFile } from './staged-index.ts';

/**
 * Where a command that reads an index may write a file: not over the index, nor under a name that an index's file has.
 *
 * @param index folder, file or URL of the index
 * @throws LikenessError `bad-argument`, `storage-denied`
 */
export async function placeBesideIndex(
  named: string,
  index: string,
  { option, apartFrom = [], ...rest }: FilePlaceOptions,
): Promise<FilePlace> {
  const names = await readdir(index).catch(() => undefined);
  const own = (names ?? []).filter((name) => isOfIndex(name)).map((name) => join(index, name));
  const place = await placeForFile(named, {
    ...rest,
    option,
    apartFrom: [...apartFrom, index, ...own],
  });
  if (names && isOfIndex(basename(place.path)) && dirname(place.path) === (await realpath(index))) {
    throw new LikenessError(
      'bad-argument',
      `${option} ${named} would be taken for a part of the index ${index}; name another file.`,
    );
  }
  return place;
}

const isOfIndex = (name: string): boolean => isIndexFile(name) || name === 'lock';

/** Writes a file and says so; on stderr where the file is stdout. */
export async function writeAndSay(
  place: FilePlace,
  body: Parameters<typeof writeFileAt>[1],
  what: string,
): Promise<void> {
  await writeFileAt(place, body);
  (place.stream ? say : print)(`${place.named}: ${what}`);
}
