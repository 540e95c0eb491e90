import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { SimilarPart, SiteRecord, StaticEntry } from '../../src/static-index/types.ts';
import { samples } from './cli.ts';

/** The names of some photographs of different content. */
export const photographs = [
  'A001',
  'A002',
  'A003',
  'A004',
  'B001',
  'B002',
  'B003',
  'C001',
  'C002',
  'C003',
  'D001',
  'D002',
  'D003',
  'E001',
  'E002',
  'E003',
] as const;

/** Writes files below a folder: text, bytes, or a photograph by its name (`photo:A001`). */
export async function fillSite(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const name = typeof content === 'string' && /^photo:(\w+)$/.exec(content)?.[1];
    if (name) await cp(join(samples, `${name}.jpeg`), join(folder, path));
    else await writeFile(join(folder, path), content);
  }
}

/** A page with images, each a file or an attribute list after it. */
export const pageOf = (title: string, ...images: string[]): string =>
  `<!doctype html><title>${title}</title>${images.map((image) => `<img src="/${image}" alt="${image} of ${title}">`).join('\n')}`;

/** A site of the first photographs, on two pages. */
export async function smallSite(folder: string, count = 12): Promise<void> {
  const names = photographs.slice(0, count).map((name) => `photos/${name}.jpg`);
  const half = Math.ceil(count / 2);
  await fillSite(folder, {
    ...Object.fromEntries(photographs.slice(0, count).map((name) => [`photos/${name}.jpg`, `photo:${name}`])),
    'index.html': pageOf('Home', ...names.slice(0, half + 1)),
    'more/index.html': pageOf('More', ...names.slice(half)),
  });
}

/** Each file below a folder with the hash of its bytes. */
export async function snapshot(folder: string): Promise<Record<string, string>> {
  const files: [string, string][] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256').update(await readFile(path));
    files.push([path.slice(folder.length + 1), hash.digest('hex')]);
  }
  return Object.fromEntries(files.sort());
}

export interface ReadSite {
  entry: StaticEntry;
  records: SiteRecord[];
  /** The neighbours of each picture: ids and distances. */
  lists: Map<string, { id: string; distance: number }[]>;
  aliases: Map<string, string[]>;
}

const names = (text: string): string[] => Buffer.from(text, 'base64').toString('hex').match(/.{12}/g) ?? [];

/** Reads an index as it lies, every file that it names. */
export async function readSite(site: string): Promise<ReadSite> {
  const folder = join(site, 'likeness');
  const entry = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as StaticEntry;
  const packed = async <T>(name: string): Promise<T> =>
    JSON.parse(inflateRawSync(await readFile(join(folder, name))).toString('utf8')) as T;
  const records: SiteRecord[] = [];
  for (const name of names(entry.records))
    records.push(...(await packed<SiteRecord[]>(`records-${name}.bin`)));
  for (const { small } of records) await readFile(join(folder, 'small', `${small}.webp`));
  const lists: ReadSite['lists'] = new Map();
  const aliases: ReadSite['aliases'] = new Map();
  for (const name of names(entry.parts)) {
    const { cards, pictures } = await packed<SimilarPart>(`similar-${name}.bin`);
    for (const [card, others, rows, steps] of pictures) {
      let units = 0;
      const id = cards[card]![1];
      aliases.set(id, others);
      lists.set(
        id,
        rows.map((row, at) => {
          units += steps[at]!;
          return { id: records[row]!.id, distance: units / 2 ** 15 };
        }),
      );
    }
  }
  if (entry.search) {
    const search = JSON.parse(await readFile(join(folder, `search-${entry.search}.json`), 'utf8'));
    for (const { file } of [...search.codes, ...search.rows]) await readFile(join(folder, file));
    await readFile(join(folder, search.model.folder, 'manifest.json'));
    await readFile(join(folder, search.lib, 'likeness.js'));
  }
  return { entry, records, lists, aliases };
}
