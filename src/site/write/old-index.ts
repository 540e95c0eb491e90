import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { SiteRecord, StaticEntry } from '../../static-index/types.ts';
import { entryName } from './names.ts';

/** The pictures of the index that is there, by their ids; none where there is no whole one. */
export async function readOldPictures(folder: string): Promise<ReadonlyMap<string, SiteRecord>> {
  const pictures = new Map<string, SiteRecord>();
  try {
    const entry = JSON.parse(await readFile(join(folder, entryName), 'utf8')) as StaticEntry;
    const names = Buffer.from(entry.records, 'base64').toString('hex').match(/.{12}/g) ?? [];
    for (const name of names) {
      const bytes = inflateRawSync(await readFile(join(folder, `records-${name}.bin`)));
      for (const record of JSON.parse(bytes.toString('utf8')) as SiteRecord[])
        pictures.set(record.id, record);
    }
  } catch {
    return new Map();
  }
  return pictures;
}
