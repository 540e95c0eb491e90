// npm run api: writes docs/api.md, the reference of what the package exports, from its declarations (dist/types).
// npm run check compares the two.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reference } from './api/reference.mjs';
import { ensureBuilt } from './build.mjs';
import { root } from './setup.mjs';

const page = join(root, 'docs/api.md');

function currentPage() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = [
    exports['.'].types,
    exports['.'].node.types,
    exports['./knn'].types,
    exports['./site'].types,
    exports['./lance'].types,
  ];
  const text = reference(entries.map((path) => join(root, path)));
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'format', '--stdin-file-path=docs/api.md'];
  return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', input: text });
}

/** @returns {string[]} nothing when docs/api.md says what the declarations say, else the difference */
export function apiProblems() {
  const text = currentPage();
  if (readFileSync(page, 'utf8') === text) return [];
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(join(root, 'build/api.md'), text);
  const args = ['diff', '--no-index', '--no-color', 'docs/api.md', 'build/api.md'];
  const { stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const advice = 'Run `npm run api`, look at the difference, and commit docs/api.md.';
  return [`${stdout ?? ''}\ndocs/api.md differs from the declarations of the package. ${advice}`];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensureBuilt();
  writeFileSync(page, currentPage());
}
