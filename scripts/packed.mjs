// The package as npm packs it: its archive, and what is in it, where a project in build/packed/ finds it by its name.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { root } from './setup.mjs';

export const consumers = join(root, 'build/packed');

/** @returns {Promise<{ archive: string, folder: string, manifest: any }>} */
export async function packPackage() {
  await ensureBuilt();
  rmSync(consumers, { recursive: true, force: true });
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folder = join(consumers, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  const windows = process.platform === 'win32';
  execFileSync(
    windows ? 'npm.cmd' : 'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', consumers],
    { cwd: root, stdio: ['ignore', 'ignore', 2], shell: windows },
  );
  const archive = join(consumers, `${name}-${version}.tgz`);
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=1']);
  return { archive, folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
}
