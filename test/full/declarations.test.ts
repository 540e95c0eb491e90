import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../support/cli.ts';

const run = promisify(execFile);

/** The lowest that we promise, what people have, the newest. */
const versions = ['5.4', '5.6', '5.9', '6', '7'];
/** The name under which npm installs a version beside the others. */
const alias = (version: string): string => `typescript-${version}`;

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-typescript-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const windows = process.platform === 'win32';
  const packages = versions.map((version) => `${alias(version)}@npm:typescript@${version}`);
  await run(windows ? 'npm.cmd' : 'npm', ['install', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    shell: windows,
  });
});
after(() => rm(folder, { recursive: true, force: true }));

test('projects of every kind compile against the packed declarations, where nothing is any', async () => {
  const compilers = versions.map((version) => join(folder, 'node_modules', alias(version)));
  const script = join(root, 'scripts/type-consumers.mjs');
  const { stdout } = await run(process.execPath, [script, ...compilers], { maxBuffer: 1 << 26 });
  for (const version of versions)
    assert.match(stdout, new RegExp(`^TypeScript ${version}\\b.*: 10 projects`, 'm'));
});
