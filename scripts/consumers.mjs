// npm run consumers [-- --newest] [filter …]: the tests of test/consumers alone; with `--newest` against the newest
// version of each bundler and framework instead of those that are pinned. Pinned ones are written to docs/consumers.md.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup.mjs';

const args = process.argv.slice(2);
const filters = args.filter((arg) => !arg.startsWith('--')).map((name) => `consumers/${name}`);
const env = { ...process.env };
if (args.includes('--newest')) env.LIKENESS_CONSUMERS = 'newest';
else env.LIKENESS_CONSUMERS_TABLE = 'write';
const { status } = spawnSync(
  process.execPath,
  [join(root, 'scripts/test.mjs'), '--node', ...(filters.length > 0 ? filters : ['consumers/'])],
  { stdio: 'inherit', env },
);
process.exitCode = status ?? 1;
