// The Python of the system with NumPy, Pillow and h5py, for the tests: found, or installed from Debian.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { asRoot } from './debian.mjs';

/** Another python3 may come first on the PATH, and know nothing of the system's packages. */
const python = '/usr/bin/python3';

function works() {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import numpy, PIL.Image, h5py'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Path of a Python that has NumPy, Pillow and h5py. */
export function ensurePython() {
  if (works()) return python;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`Install NumPy, Pillow and h5py for ${python}, the Python of your system.`);
  }
  console.error('NumPy, Pillow or h5py is missing: installing Debian’s packages …');
  asRoot('apt-get', ['update', '-qq']);
  const packages = ['python3-numpy', 'python3-pil', 'python3-h5py'];
  asRoot('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  if (!works()) throw new Error(`${python} lacks NumPy, Pillow or h5py after their installation.`);
  return python;
}
