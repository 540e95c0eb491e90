// Finds the machine's programs and installs Debian's packages.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a path is a file that may be executed. */
function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of a program: the one that an environment variable names, else the first of `names` on the PATH, else the first of
 * `fixed`; undefined where there is none.
 */
export function findExecutable(variable, names, fixed = []) {
  const named = process.env[variable];
  if (named) {
    if (executable(named)) return named;
    throw new Error(`${variable} is ${named}, which is not an executable file.`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...fixed].find(executable);
}

/** Runs a command as root; its output goes to stderr: stdout is for results. */
function asRoot(command, args) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  const [file, ...rest] = [...sudo, command, ...args];
  execFileSync(file, rest, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Whether Debian's packages can be installed here. */
export const hasApt = () => executable('/usr/bin/apt-get');

/** Installs Debian's packages, all of them at once. */
export function installPackages(packages) {
  console.error(`Installing Debian’s ${packages.join(', ')} …`);
  asRoot('apt-get', ['update', '-qq']);
  asRoot('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}
