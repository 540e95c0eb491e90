import type { RandomAccess } from '../../src/base/random-access.ts';
import { bytesFile } from '../../src/base/random-access.ts';
import type { Model } from '../../src/network/load.ts';
import { parseManifest } from '../../src/network/manifest.ts';
import { readRepositoryFile } from './fixture.ts';

/** The model in a folder below the root, in memory, in Node and in the tests' page alike. Its hashes are not checked. */
export async function readModel(folder: string): Promise<Model> {
  const text = new TextDecoder().decode(await readRepositoryFile(`${folder}/manifest.json`));
  const manifest = await parseManifest(text, folder);
  const files = new Map<string, RandomAccess>();
  for (const { file } of [manifest.graph, ...manifest.shards]) {
    files.set(file, bytesFile(await readRepositoryFile(`${folder}/${file}`)));
  }
  return { manifest, files };
}
