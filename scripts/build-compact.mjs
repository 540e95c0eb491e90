// node scripts/build-compact.mjs <vgg16-compact.safetensors>: writes models/vgg16-compact (all but its README).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { nodeOptions } from './build.mjs';
import { root } from './setup.mjs';

const [source] = process.argv.slice(2);
if (!source) {
  console.error('Usage: node scripts/build-compact.mjs <vgg16-compact.safetensors>');
  process.exit(2);
}
const outfile = join(root, 'build/write-model.mjs');
await build({
  ...nodeOptions,
  stdin: {
    contents: ['write', 'sources/random-access', 'sources/safetensors']
      .map((name) => `export * from './src/model/${name}.ts';`)
      .join('\n'),
    resolveDir: root,
  },
  outfile,
});
const { bytesAsFile, parseSafetensors, writeVgg16 } = await import(outfile);
const files = await writeVgg16(parseSafetensors(bytesAsFile(readFileSync(source))), {
  name: 'vgg16-compact',
  version: '1',
  licence: 'MIT',
  origin: 'Trained for this project on Tiny ImageNet; see README.md beside this file.',
  preprocessing: { channels: 'BGR', mean: [103.939, 116.779, 123.68] },
});
const folder = join(root, 'models/vgg16-compact');
mkdirSync(folder, { recursive: true });
for (const [name, bytes] of files) {
  writeFileSync(join(folder, name), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}
