// npm run check: types, lint, format.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildKernels } from './build.mjs';
import { ensurePackages, root } from './setup.mjs';

ensurePackages();
await buildKernels(); // asc is the type checker of assembly/

const checks = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
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
process.exitCode = ok ? 0 : 1;
