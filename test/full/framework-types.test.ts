import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../support/cli.ts';

const run = promisify(execFile);
const windows = process.platform === 'win32';
const packages = [
  'typescript@5.9',
  'react@19',
  '@types/react@19',
  'vue@3',
  'vue-tsc@3',
  'svelte@5',
  'svelte-check@4',
];

const compilerOptions = {
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  jsx: 'react-jsx',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: [],
  strict: true,
  verbatimModuleSyntax: true,
  noEmit: true,
};

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-frameworks-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const npm = windows ? 'npm.cmd' : 'npm';
  await run(npm, ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder, shell: windows });
  const { packPackage } = await import(pathToFileURL(join(root, 'scripts/packed.mjs')).href);
  const packed = await packPackage();
  // A copy: from where a link leads, no framework is found.
  for (const part of ['package.json', 'dist/types', 'dist/elements'])
    await cp(join(packed.folder, part), join(folder, 'node_modules/likeness-search', part), {
      recursive: true,
    });
  await cp(join(root, 'test/types/frameworks'), folder, { recursive: true });
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs a compiler over one file; what it says. */
async function compile(file: string, compiler: string, args: string[], more: object = {}): Promise<string> {
  const config = `tsconfig.${file}.json`;
  await writeFile(join(folder, config), JSON.stringify({ compilerOptions, include: [file], ...more }));
  const script = join(folder, 'node_modules', compiler);
  const call = [
    script,
    ...args,
    ...(compiler.startsWith('svelte') ? ['--tsconfig', config] : ['-p', config]),
  ];
  return run(process.execPath, call, { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

// Each file also has what must not compile: where a compiler can be told so, in comments.
describe('templates of frameworks know the elements', () => {
  test('React 19', async () => {
    assert.equal(await compile('react.tsx', 'typescript/bin/tsc', ['--pretty', 'false']), '');
  });

  test('Vue 3, strict templates', async () => {
    const vueCompilerOptions = { strictTemplates: true };
    assert.equal(
      await compile('Vue.vue', 'vue-tsc/bin/vue-tsc.js', ['--pretty', 'false'], { vueCompilerOptions }),
      '',
    );
  });

  test('Svelte 5', async () => {
    const said = await compile('Svelte.svelte', 'svelte-check/bin/svelte-check', ['--output', 'machine']);
    const problems = said.split('\n').filter((line) => / (ERROR|WARNING) /.test(line));
    assert.match(said, / COMPLETED /);
    assert.deepEqual(
      problems.map((line) => line.replace(/^\d+ /, '')),
      [`ERROR "Svelte.svelte" 17:19 "Type 'number' is not assignable to type 'string'."`],
    );
  });
});
