// The Python of the system with NumPy, Pillow and h5py, for the tests: found, or installed from Debian.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hasApt, installPackages } from './debian.mjs';

/** The first python3 on the PATH may be another one, without the system's packages. */
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

/** Debian's packages that are missing. */
export const missingForPython = () => (works() ? [] : ['python3-numpy', 'python3-pil', 'python3-h5py']);

/** Path of a Python that has NumPy, Pillow and h5py. */
export function ensurePython() {
  const missing = missingForPython();
  if (missing.length === 0) return python;
  if (!hasApt()) throw new Error(`Install NumPy, Pillow and h5py for ${python}, the Python of your system.`);
  installPackages(missing);
  if (!works()) throw new Error(`${python} lacks NumPy, Pillow or h5py after their installation.`);
  return python;
}
