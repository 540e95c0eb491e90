import { resolve, sep } from 'node:path';
import { LikenessError } from '../base/errors.ts';

/** Where an indexed picture is. An index may come from elsewhere: its ids must not lead out of the folder. */
export function pathBelow(folder: string, id: string): string {
  const path = resolve(folder, id);
  if (path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return path;
  throw new LikenessError('not-found', 'its id names no file in the folder of the pictures');
}
