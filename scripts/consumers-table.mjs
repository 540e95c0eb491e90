// Writes the table in docs/consumers.md from what the tests of test/consumers have found.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const folder = join(root, 'build/consumers');
/** What is known of each environment, from the last run that it was in. */
const data = join(root, 'test/consumers/results.json');
const [start, end] = ['<!-- consumers: start -->', '<!-- consumers: end -->'];

const megabytes = (bytes) => (bytes === undefined ? '–' : `${(bytes / 1e6).toFixed(2)}`);
const sent = (bytes) => (bytes ? `${megabytes(bytes.raw)} / ${megabytes(bytes.brotli)}` : '–');

/** `wasm, webgpu, knn, with and without COOP/COEP` … of `{ wasm: true, 'wasm, isolated': false, … }`. */
function worksText(works) {
  const failed = Object.keys(works).filter((name) => !works[name]);
  const passed = Object.keys(works).filter((name) => works[name]);
  const both = passed.filter((name) => passed.includes(`${name}, isolated`));
  const alone = passed.filter((name) => !both.some((each) => name.startsWith(each)));
  const parts = [both.length > 0 ? `${both.join(', ')}, with and without COOP/COEP` : '', ...alone];
  const text = passed.length > 0 ? `yes: ${parts.filter((part) => part !== '').join('; ')}` : 'no';
  return failed.length > 0 ? `${text}; fails: ${failed.join('; ')}` : text;
}

/** What this run has found, in the place of what was found before of the same environments. */
function mergedResults() {
  const before = existsSync(data) ? JSON.parse(readFileSync(data, 'utf8')) : [];
  const found = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const results = new Map([...before, ...found].map((result) => [result.environment, result]));
  return [...results.values()].sort((a, b) => a.environment.localeCompare(b.environment, 'en'));
}

export function writeConsumers() {
  if (!existsSync(folder)) return;
  const results = mergedResults();
  writeFileSync(data, `${JSON.stringify(results, null, 2)}\n`);
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
  spawnSync(process.execPath, [biome, 'format', '--write', file, data], { cwd: root, stdio: 'ignore' });
}
