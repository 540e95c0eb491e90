// The type declarations of what the package exports: dist/types holds the files that they consist of and no others.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './setup.mjs';

const run = promisify(execFile);
const folder = join(root, 'dist/types');
const reference = /((?:\bfrom|\bimport)\s*\(?\s*['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;
const genericArray = /\b(?:Big)?(?:Uint|Int|Float)\d+Array</;

export async function buildTypes() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root }).catch((error) => {
    throw new Error(`tsc failed:\n${error.stdout}${error.stderr}`);
  });
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const kept = new Set();
  for (const entry of typesOf(exports)) keep(join(root, entry), kept);
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (path.endsWith('.d.ts') && !kept.has(path)) rmSync(path);
  }
  removeEmptyFolders(folder);
}

/** Every file that a `types` condition names, however deep. */
function typesOf(conditions) {
  if (typeof conditions !== 'object' || conditions === null) return [];
  return Object.entries(conditions).flatMap(([condition, value]) =>
    condition === 'types' ? [value] : typesOf(value),
  );
}

/** Keeps a file and what it names; `./x.ts`, as our sources say it, becomes `./x.js`, which all versions understand. */
function keep(path, kept) {
  if (kept.has(path)) return;
  kept.add(path);
  const text = readFileSync(path, 'utf8');
  if (genericArray.test(text)) {
    throw new Error(
      `${path} says Uint8Array<…>, which TypeScript before 5.7 does not know; mark it @internal, or say less.`,
    );
  }
  for (const [, , name] of text.matchAll(reference)) {
    const named = join(dirname(path), `${name}.d.ts`);
    if (!existsSync(named)) throw new Error(`${path} names ${name}.ts, which has no declarations.`);
    keep(named, kept);
  }
  writeFileSync(path, text.replace(reference, '$1$2.js$3'));
}

function removeEmptyFolders(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(path, entry.name));
  }
  if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
}
