// Rows and queries as files of float32 that every contender's realm reads.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gaussian, seeded } from '../../support/random.ts';

export const queryCount = 64;

/**
 * Rows as a trained network's last ReLU gives them: of some hundred kinds, most values zero, of norm 1. Deterministic.
 *
 * @returns {Generator<Float32Array>} rows, one at a time in the same array
 */
function* clustered(d, seed) {
  const random = seeded(seed);
  const normal = gaussian(random);
  const kinds = 200;
  const centres = Float32Array.from({ length: kinds * d }, () => normal());
  const row = new Float32Array(d);
  // Gaussian noise is drawn once and read at random places: what counts is that rows differ.
  const noise = Float32Array.from({ length: 1 << 20 }, () => normal());
  for (;;) {
    const kind = Math.floor(random() * kinds) * d;
    const from = Math.floor(random() * (noise.length - d));
    let squares = 0;
    for (let j = 0; j < d; j++) {
      row[j] = Math.max(0, 0.8 * centres[kind + j] + 0.8 * noise[from + j] - 1);
      squares += row[j] * row[j];
    }
    const norm = Math.sqrt(squares) || 1;
    for (let j = 0; j < d; j++) row[j] /= norm;
    yield row;
  }
}

/** One row and its copies moved by 1e-3 … 1e-7 of its length, among rows that are far away. */
function* nearDuplicates(d, seed) {
  const random = seeded(seed);
  const normal = gaussian(random);
  const centre = Float32Array.from({ length: d }, () => 10 + normal());
  const length = Math.hypot(...centre);
  for (let i = 0; ; i++) {
    if (i % 4 === 3) {
      yield Float32Array.from({ length: d }, () => 10 + normal());
      continue;
    }
    const direction = Float32Array.from({ length: d }, () => normal());
    const scale = (10 ** (-3 - 4 * random()) * length) / Math.hypot(...direction);
    yield centre.map((value, j) => value + scale * direction[j]);
  }
}

const kinds = { clustered, 'near-duplicates': nearDuplicates };

/**
 * Writes n rows and 64 queries, which are further rows of the same kind, unless they are there already.
 *
 * @returns {{ rows: string, queries: string }} paths below `root`
 */
export function writeData(root, kind, n, d) {
  const folder = 'build/bench/data';
  mkdirSync(join(root, folder), { recursive: true });
  const rows = `${folder}/${kind}-${n}x${d}.f32`;
  const queries = `${folder}/${kind}-${n}x${d}-queries.f32`;
  if (!existsSync(join(root, queries))) {
    const source = kinds[kind](d, 1);
    write(join(root, rows), source, n, d);
    write(join(root, queries), source, queryCount, d);
  }
  return { rows, queries };
}

function write(path, source, count, d) {
  const file = openSync(`${path}.part`, 'w');
  const max = Math.max(1, Math.floor((1 << 24) / (4 * d)));
  for (let first = 0; first < count; first += max) {
    const block = new Float32Array(Math.min(max, count - first) * d);
    for (let at = 0; at < block.length; at += d) block.set(source.next().value, at);
    writeSync(file, new Uint8Array(block.buffer));
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
}

/** The first n rows of a file of features, and its last 64 as queries, which are never among the rows. */
export function cutFeatures(root, file, n, d) {
  const all = readFileSync(join(root, file));
  const rowBytes = 4 * d;
  const total = all.length / rowBytes;
  if (n + queryCount > total) return undefined;
  const rows = file.replace(/\.f32$/, `-${n}.f32`);
  const queries = file.replace(/\.f32$/, '-queries.f32');
  const save = (name, bytes) => {
    if (existsSync(join(root, name))) return;
    const descriptor = openSync(join(root, name), 'w');
    writeSync(descriptor, bytes);
    closeSync(descriptor);
  };
  save(rows, all.subarray(0, n * rowBytes));
  save(queries, all.subarray((total - queryCount) * rowBytes));
  return { rows, queries };
}
