// A Python with FAISS and NumPy for the bench: found, or installed from Debian.
import { spawnSync } from 'node:child_process';
import { hasApt, installPackages } from './debian.mjs';

const pythons = ['python3', '/usr/bin/python3'];

function find() {
  return pythons.find(
    (python) => spawnSync(python, ['-c', 'import faiss, numpy'], { stdio: 'ignore' }).status === 0,
  );
}

/** Whether Debian's package of a library is there. */
function isInstalled(name) {
  return spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status === 0;
}

/**
 * A Python that has FAISS, with a fast BLAS beside it: without one, FAISS and NumPy run on the reference BLAS, many
 * times slower. Installs Debian's packages when they are missing.
 *
 * @returns {string} the command
 */
export function ensureFaiss() {
  let python = find();
  if (python && (!hasApt() || isInstalled('libopenblas0-pthread'))) return python;
  if (!hasApt()) throw new Error('No Python with FAISS and NumPy found; install them for python3.');
  installPackages(['python3-faiss', 'libopenblas0-pthread']);
  python = find();
  if (!python) throw new Error('apt-get installed python3-faiss, but no python3 can import it.');
  return python;
}
