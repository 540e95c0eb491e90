// Rows of real features for the bench, from a folder that the command line names.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeOptions } from './build.mjs';
import { root } from './setup.mjs';

/** Files of n × d float32 for each d that the folder has a layer for, below the root; made once. */
export async function realFeatures(folder, dimensions) {
  const { build } = await import('esbuild');
  const outfile = join(root, 'build/bench-features.mjs');
  await build({ ...nodeOptions, entryPoints: ['test/bench/features.ts'], outfile });
  const { writeFeatures } = await import(pathToFileURL(outfile).href);
  const files = {};
  for (const d of dimensions) {
    const key = createHash('sha256').update(folder).digest('hex').slice(0, 8);
    const file = `build/features/${key}-${d}.f32`;
    if (await writeFeatures(folder, d, join(root, file))) files[d] = file;
    else console.error(`${folder} has no layer of ${d} outputs: made data instead.`);
  }
  return files;
}
