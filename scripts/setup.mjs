// Installs the packages when node_modules is missing or older than the lock file. Needs Node and npm only.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `npm ci` in a folder whose node_modules is missing or was made from another package-lock.json. */
export function ensurePackages(folder = root) {
  const lock = join(folder, 'package-lock.json');
  const installedLock = join(folder, 'node_modules', '.likeness-lock.json');
  if (existsSync(installedLock) && readFileSync(installedLock, 'utf8') === readFileSync(lock, 'utf8')) return;
  console.error('Installing packages (npm ci) …');
  // npm's own output goes to stderr: stdout is for results.
  execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  copyFileSync(lock, installedLock);
}

/** TensorFlow.js, which the tests compare VGG16's features with; no part of the ordinary install. */
export const ensureTensorFlow = () => ensurePackages(join(root, 'test/peers'));

/** What the k-NN benchmark measures beside us. */
export const ensurePeers = () => ensurePackages(join(root, 'test/bench/peers'));

if (process.argv[1] === fileURLToPath(import.meta.url)) ensurePackages();
