// Installs the packages when node_modules is missing or older than the lock file. Needs Node and npm only.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const lock = join(root, 'package-lock.json');
const installedLock = join(root, 'node_modules', '.likeness-lock.json');

/** True when node_modules was installed from exactly the present package-lock.json. */
function packagesCurrent() {
  return existsSync(installedLock) && readFileSync(installedLock, 'utf8') === readFileSync(lock, 'utf8');
}

export function ensurePackages() {
  if (packagesCurrent()) return;
  console.error('Installing packages (npm ci) …');
  // npm's own output goes to stderr: stdout is for results.
  execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  copyFileSync(lock, installedLock);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensurePackages();
