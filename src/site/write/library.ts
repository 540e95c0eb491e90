import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packagePath } from '../../assets/package-root.node.ts';
import { LikenessError } from '../../base/errors.ts';
import { type Model, manifestFile, readWhole } from '../../network/load.ts';
import { folderName, scriptNames, sha256Of } from './names.ts';
import type { SiteFile } from './output.ts';

/** A folder of the site that is named by its content. */
export interface ContentFolder {
  /** `lib-0123456789ab/` */
  name: string;
  files: SiteFile[];
  byteLength: number;
}

function contentFolder(kind: 'lib' | 'model', files: readonly SiteFile[]): ContentFolder {
  const name = `${kind}-${folderName(files)}/`;
  return {
    name,
    files: files.map((file) => ({ ...file, name: name + file.name })),
    byteLength: files.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

const fileOf = (name: string, bytes: Uint8Array): SiteFile => ({
  name,
  sha256: sha256Of(bytes),
  byteLength: bytes.length,
  bytes: async () => bytes,
});

/**
 * The library, as far as a page needs it that searches with a photograph: without models, which are a folder of their
 * own, and without what WebGPU takes, which would be 11 MB for one picture's features.
 */
export async function libraryFolder(): Promise<ContentFolder> {
  const folder = packagePath('dist/web');
  const files: SiteFile[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1).replaceAll('\\', '/');
    if (/^(models|ort)\//.test(name)) continue;
    files.push(fileOf(name, await readFile(path)));
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return contentFolder('lib', files);
}

/** A model's files, as `ImageSearch.open({ model: url })` reads them. */
export async function modelFolder({ manifest, files }: Model): Promise<ContentFolder> {
  const listed: SiteFile[] = [fileOf(manifestFile, Buffer.from(`${JSON.stringify(manifest)}\n`))];
  for (const { file, sha256, byteLength } of [manifest.graph, ...manifest.shards]) {
    const from = files.get(file);
    if (!from) throw new LikenessError('bad-model', `The model lacks its file ${file}.`);
    // Not kept: of a large model a file at a time is in memory.
    listed.push({ name: file, sha256, byteLength, bytes: () => readWhole(from) });
  }
  return contentFolder('model', listed);
}

/** The scripts of the elements. @param search whether own photographs can be searched with */
export async function elementScripts(search: boolean): Promise<SiteFile[]> {
  const folder = packagePath('dist/elements');
  const there = await readdir(folder);
  const names = scriptNames.filter((name) => there.includes(name) && (search || name !== 'search.js'));
  return Promise.all(names.map(async (name) => fileOf(name, await readFile(join(folder, name)))));
}
