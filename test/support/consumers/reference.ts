import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as library from '../../../src/node.ts';
import { root } from '../cli.ts';
import type { Project } from './project.ts';
import type { Hit } from './visit.ts';

/** What `likeness query` answers about the pictures of a built site. */
export interface Reference {
  /** The nearest to a picture of the site, by its path within it, without itself. */
  neighbours(id: string, k: number): Promise<Hit[]>;
  /** The nearest to a picture by its file, as the command prints them. */
  query(file: string, k: number): Promise<Hit[]>;
  close(): Promise<void>;
}

/** Indexes the pictures of a built site by `likeness index`: `folder`, below the project's, without what `likeness site` wrote. */
export async function referenceOf(project: Project, folder: string): Promise<Reference> {
  for (const name of ['reference', 'reference-index'])
    await rm(join(project.folder, name), { recursive: true, force: true });
  const site = join(project.folder, folder);
  await cp(site, join(project.folder, 'reference'), {
    recursive: true,
    filter: (path) => path !== join(site, 'likeness'),
  });
  await project.run('likeness index reference -o reference-index');
  const { ImageSearch }: typeof library = await import(pathToFileURL(join(root, 'dist/node/index.js')).href);
  const search = await ImageSearch.open({ store: `file:${join(project.folder, 'reference-index')}` });
  return {
    async neighbours(id, k) {
      const hits = await search.query(await search.vector(id), { k, exclude: [id] });
      return hits.map(({ id, distance }) => ({ id, distance }));
    },
    async query(file, k) {
      const printed = await project.run(`likeness query ${file} -i reference-index -k ${k} --json`);
      return JSON.parse(printed.split('\n').find((line) => line.startsWith('['))!);
    },
    close: () => search.close(),
  };
}
