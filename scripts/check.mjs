// npm run check: types, lint, format; then the package as it is packed: its exports, its types in projects, docs/api.md.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildKernels } from './build.mjs';
import { ensurePackages, root } from './setup.mjs';

ensurePackages();
await buildKernels(); // asc is the type checker of assembly/

const checks = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'page/service-worker/tsconfig.json'],
  [
    'node_modules/typescript/bin/tsc',
    '-p',
    'tsconfig.build.json',
    '--noEmit',
    '--emitDeclarationOnly',
    'false',
  ],
];
let ok = true;
for (const [script, ...args] of checks) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  ok &&= status === 0;
}
if (ok) {
  // Only what compiles is built and packed.
  const { apiProblems } = await import('./api.mjs');
  const { packageProblems } = await import('./check-package.mjs');
  const { packPackage } = await import('./packed.mjs');
  const { typeProblems } = await import('./type-consumers.mjs');
  const problems = await packageProblems(await packPackage());
  problems.push(...apiProblems());
  problems.push(...typeProblems(join(root, 'node_modules/typescript')));
  for (const problem of problems) console.error(problem);
  ok = problems.length === 0;
}
process.exitCode = ok ? 0 : 1;
