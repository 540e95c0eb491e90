// node scripts/build-compact.mjs <vgg16-compact.safetensors>: writes models/vgg16-compact anew.
import { readFileSync } from 'node:fs';
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
    contents: ['convert/write', 'convert/sink.node', 'convert/sources/safetensors', 'base/random-access']
      .map((name) => `export * from './src/${name}.ts';`)
      .join('\n'),
    resolveDir: root,
  },
  outfile,
});
const { bytesFile, folderSink, parseSafetensors, writeVgg16 } = await import(outfile);
const folder = join(root, 'models/vgg16-compact');
const readme = readFileSync(join(folder, 'README.md'));
const sink = await folderSink(folder);
await sink.write('README.md', readme);
const manifest = await writeVgg16(
  await parseSafetensors(bytesFile(readFileSync(source))),
  {
    name: 'vgg16-compact',
    version: '2',
    licence: 'MIT',
    origin: 'Trained for this project on Tiny ImageNet; see README.md beside this file.',
    preprocessing: { resample: 'bicubic', channels: 'BGR', mean: [103.939, 116.779, 123.68] },
  },
  'f16',
  sink,
);
await sink.commit();
for (const { file, byteLength } of [manifest.graph, ...manifest.shards])
  console.log(`${file}: ${byteLength} bytes`);
console.log(manifest.fingerprint);
