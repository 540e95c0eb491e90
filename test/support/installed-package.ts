import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './cli.ts';

const run = promisify(execFile);

/**
 * Installs the package into `folder`/node_modules as people get it: packed by npm, unpacked from the archive, with what
 * its package.json calls dependencies beside it and nothing else of the checkout.
 */
export async function installPackage(folder: string): Promise<void> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const packed = await run(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    shell: process.platform === 'win32',
    maxBuffer: 1 << 26,
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  const modules = join(folder, 'node_modules');
  const target = join(modules, 'likeness-search');
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  const { dependencies, bin } = JSON.parse(await readFile(join(target, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const place = join(modules, name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, 'node_modules', name), place, 'junction');
  }
  await mkdir(join(modules, '.bin'));
  await symlink(join('../likeness-search', bin.likeness), join(modules, '.bin/likeness'));
  await chmod(join(target, bin.likeness), 0o755);
}
