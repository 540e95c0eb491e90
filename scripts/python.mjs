// The Python of the system with NumPy and Pillow, for the tests: found, or installed from Debian.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Another python3 may come first on the PATH, and know nothing of the system's packages. */
const python = '/usr/bin/python3';

function works() {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import numpy, PIL.Image'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Path of a Python that has NumPy and Pillow. */
export function ensurePython() {
  if (works()) return python;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`Install NumPy and Pillow for ${python}, the Python of your system.`);
  }
  console.error('NumPy or Pillow is missing: installing Debian’s packages …');
  const install = (...args) => {
    const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
    const [file, ...rest] = [...sudo, 'apt-get', ...args];
    execFileSync(file, rest, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  install('update', '-qq');
  install('install', '-y', '-qq', '--no-install-recommends', 'python3-numpy', 'python3-pil');
  if (!works()) throw new Error(`${python} has neither NumPy nor Pillow after their installation.`);
  return python;
}
