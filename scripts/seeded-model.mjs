// VGG16 at full size with seeded weights, for benchmarks: build/models/vgg16-seeded-<variant>, made when it is missing.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeOptions } from './build.mjs';
import { root } from './setup.mjs';

export async function ensureSeededModel(variant) {
  const folder = join(root, 'build/models', `vgg16-seeded-${variant}`);
  if (existsSync(join(folder, 'manifest.json'))) return folder;
  console.error(`Building VGG16 with seeded weights (${variant}) …`);
  const { build } = await import('esbuild');
  const outfile = join(root, 'build/seeded-model.mjs');
  await build({
    ...nodeOptions,
    stdin: {
      contents: `export * from './test/support/seeded-vgg16.ts'; export * from './src/convert/sink.node.ts';
        export * from './src/convert/write.ts';`,
      resolveDir: root,
    },
    outfile,
  });
  const { description, folderSink, fullSize, seededWeights, writeVgg16 } = await import(
    pathToFileURL(outfile).href
  );
  mkdirSync(join(root, 'build/models'), { recursive: true });
  const sink = await folderSink(folder);
  await writeVgg16(seededWeights(fullSize, 1), description, variant, sink);
  await sink.commit();
  return folder;
}
