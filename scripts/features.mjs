// Rows of real features for the bench, from a folder that the command line names.
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeOptions } from './build.mjs';
import { root } from './setup.mjs';

/** Files of n × d float32 for each d that the folder has a layer for, below the root; made once. */
export async function realFeatures(folder, dimensions) {
  const writeFeatures = await writer();
  const files = {};
  for (const d of dimensions) {
    const file = fileOf(folder, d);
    if (await writeFeatures(folder, d, join(root, file))) files[d] = file;
    else console.error(`${folder} has no layer of ${d} outputs: made data instead.`);
  }
  return files;
}

/** The same of the same pictures for each of some files of weights that hold a layer of d outputs. */
export async function featuresOfLayers(folder, d, layers) {
  const writeFeatures = await writer();
  const sets = [];
  for (const layer of layers) {
    const file = fileOf(`${folder}\n${layer}`, d);
    if (!(await writeFeatures(folder, d, join(root, file), layer))) {
      throw new Error(`${layer} has no layer of ${d} outputs.`);
    }
    sets.push({ name: relative(join(folder, '../..'), layer).replace(/[.]safetensors$/, ''), file });
  }
  return sets;
}

const fileOf = (text, d) =>
  `build/features/${createHash('sha256').update(text).digest('hex').slice(0, 8)}-${d}.f32`;

async function writer() {
  const { build } = await import('esbuild');
  const outfile = join(root, 'build/bench-features.mjs');
  await build({ ...nodeOptions, entryPoints: ['test/bench/features.ts'], outfile });
  return (await import(pathToFileURL(outfile).href)).writeFeatures;
}
