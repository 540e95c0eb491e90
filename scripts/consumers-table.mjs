// Writes the table in docs/consumers.md from what the tests of test/consumers have found.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const [start, end] = ['<!-- consumers: start -->', '<!-- consumers: end -->'];

const megabytes = (bytes) => (bytes === undefined ? '–' : `${(bytes / 1e6).toFixed(2)}`);
const sent = (bytes) => (bytes ? `${megabytes(bytes.raw)} / ${megabytes(bytes.brotli)}` : '–');

/** `wasm, webgpu, knn: both ways` … of `{ wasm: true, 'wasm, isolated': false, … }`. */
function worksText(works) {
  const failed = Object.keys(works).filter((name) => !works[name]);
  const passed = Object.keys(works).filter((name) => works[name] && !name.endsWith(', isolated'));
  const text = passed.length > 0 ? `yes: ${passed.join(', ')}` : 'no';
  return failed.length > 0 ? `${text}; fails: ${failed.join('; ')}` : text;
}

export function writeConsumers() {
  const folder = join(root, 'build/consumers');
  if (!existsSync(folder)) return;
  const results = readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const rows = results.map(({ environment, versions, works, configuration, built, wasm, webgpu }) => [
    versions ? `${environment} (${versions})` : environment,
    worksText(works),
    configuration,
    megabytes(built),
    sent(wasm),
    sent(webgpu),
  ]);
  const head = [
    'environment',
    'works',
    'configuration',
    'built, MB',
    'first open, wasm',
    'first open, WebGPU',
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const file = join(root, 'docs/consumers.md');
  const text = readFileSync(file, 'utf8');
  const [before, rest] = text.split(start);
  const [, after] = rest.split(end);
  writeFileSync(file, `${before}${start}\n\n${lines.join('\n')}\n\n${end}${after}`);
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  spawnSync(process.execPath, [biome, 'format', '--write', file], { cwd: root, stdio: 'ignore' });
}
