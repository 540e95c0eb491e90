import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All files of a folder, by their paths, as the SHA-256 of their bytes. */
export async function digestsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const digests: [string, string][] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    digests.push([path.slice(folder.length + 1).replaceAll('\\', '/'), digest]);
  }
  return Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Entry {
  parts: string;
  records: string;
  search?: string;
}

/** Of names of six bytes each, in base64. */
const namesIn = (base64: string): string[] =>
  Buffer.from(base64, 'base64').toString('hex').match(/.{12}/g) ?? [];

/**
 * Where a site has an index, all that it names is there, and each file that is named by its content has that content.
 *
 * @returns whether it has an index
 */
export async function checkWhole(site: string): Promise<boolean> {
  const folder = join(site, 'likeness');
  if (!existsSync(join(folder, 'index.json'))) return false;
  const digests = await digestsOf(folder);
  const entry: Entry = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const named = [
    ...namesIn(entry.parts).map((name) => `similar-${name}.bin`),
    ...namesIn(entry.records).map((name) => `records-${name}.bin`),
    'similar.js',
  ];
  if (entry.search) {
    named.push(`search-${entry.search}.json`, 'search.js');
    const search = JSON.parse(await readFile(join(folder, `search-${entry.search}.json`), 'utf8'));
    for (const { file, sha256 } of [...search.codes, ...search.rows]) {
      assert.equal(digests[file], sha256, file);
      named.push(file);
    }
    for (const start of [search.lib, search.model.folder].filter(Boolean))
      assert.ok(
        Object.keys(digests).some((path) => path.startsWith(start)),
        start,
      );
  }
  for (const name of named) assert.ok(name in digests, `${name} is not there`);
  for (const [path, digest] of Object.entries(digests)) {
    const [, name] = /^(?:small\/|[a-z]+-)([0-9a-f]{12})\.\w+$/.exec(path) ?? [];
    if (name) assert.equal(digest.slice(0, 12), name, path);
  }
  return true;
}
