import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import type { RowStore } from '../../src/knn/search/row-source.ts';
import { gaussian, seeded } from '../support/random.ts';

const n = 100_000;
const d = 4096;
const k = 30;
const rowsPerBlock = 1000;
const rowBytes = 4 * d;

/** Blocks of rows as a trained network's last ReLU gives them: of 200 kinds, most values zero, of norm 1. */
function* blocks(): Generator<Float32Array> {
  const random = seeded(4);
  const normal = gaussian(random);
  const kinds = 200;
  const centres = Float32Array.from({ length: kinds * d }, normal);
  // Noise is drawn once and read at random places: what counts is that rows differ.
  const noise = Float32Array.from({ length: 1 << 20 }, normal);
  for (let first = 0; first < n; first += rowsPerBlock) {
    const block = new Float32Array(rowsPerBlock * d);
    for (let row = 0; row < rowsPerBlock; row++) {
      const kind = Math.floor(random() * kinds) * d;
      const from = Math.floor(random() * (noise.length - d));
      const values = block.subarray(row * d, (row + 1) * d);
      let squares = 0;
      for (let j = 0; j < d; j++) {
        const value = Math.max(0, 0.8 * centres[kind + j]! + 0.8 * noise[from + j]! - 1);
        values[j] = value;
        squares += value * value;
      }
      const norm = Math.sqrt(squares) || 1;
      for (let j = 0; j < d; j++) values[j]! /= norm;
    }
    yield block;
  }
}

function readRows(file: number, first: number, values: Float32Array): void {
  readSync(file, values as Float32Array<ArrayBuffer>, 0, values.byteLength, first * rowBytes);
}

/** The k nearest by the reference, of a file too large for memory. */
function oracle(file: number, queries: readonly Float32Array[]): { row: number; squared: number }[][] {
  const nearest = queries.map((): { row: number; squared: number }[] => []);
  const block = new Float32Array(rowsPerBlock * d);
  for (let first = 0; first < n; first += rowsPerBlock) {
    readRows(file, first, block);
    for (const [q, query] of queries.entries()) {
      for (let row = 0; row < rowsPerBlock; row++) {
        let squared = 0;
        for (let j = 0; j < d; j++) {
          const difference = block[row * d + j]! - query[j]!;
          squared += difference * difference;
        }
        nearest[q]!.push({ row: first + row, squared });
      }
      nearest[q] = nearest[q]!.sort((a, b) => a.squared - b.squared || a.row - b.row).slice(0, k);
    }
  }
  return nearest;
}

test('100,000 × 4096 rows in a file, their codes in memory: exact, within 1 GB', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-'));
  const file = openSync(join(folder, 'rows.f32'), 'w+');
  try {
    const store: RowStore = {
      read(numbers) {
        const values = new Float32Array(numbers.length * d);
        for (const [i, number] of numbers.entries()) {
          readRows(file, number, values.subarray(i * d, (i + 1) * d));
        }
        return values;
      },
    };
    const index = await FlatIndex.create({ dimension: d, rows: store });
    for (const block of blocks()) {
      writeSync(file, block as Float32Array<ArrayBuffer>);
      index.add(block);
    }
    assert.equal(index.size, n);

    // A row, and points between two.
    const queries = [7, 40_000, 99_999].map((row, q) => {
      const [own, other] = [new Float32Array(d), new Float32Array(d)];
      readRows(file, row, own);
      readRows(file, row - 5, other);
      return q === 0 ? own : own.map((value, j) => 0.9 * value + 0.1 * other[j]!);
    });
    const all = new Float32Array(queries.length * d);
    for (const [q, query] of queries.entries()) all.set(query, q * d);
    const start = performance.now();
    const found = await index.search(all, k);
    const ms = (performance.now() - start) / queries.length;
    for (const [q, wanted] of oracle(file, queries).entries()) {
      assert.deepEqual(
        Array.from(found.rows.subarray(q * k, (q + 1) * k)),
        wanted.map(({ row }) => row),
      );
      assert.deepEqual(
        Array.from(found.distances.subarray(q * k, (q + 1) * k)),
        wanted.map(({ squared }) => Math.sqrt(squared)),
      );
    }
    // A search that reads all rows would be exact too; this one has to be worth its codes.
    assert.ok(found.rescored < 0.02 * n * queries.length, `${found.rescored} rows read`);
    assert.equal(found.fetchedBytes, found.rescored * rowBytes);
    const maxBytes = process.resourceUsage().maxRSS * 1024;
    t.diagnostic(
      `${ms.toFixed(0)} ms a query; ${(found.rescored / queries.length).toFixed(0)} rows read for each; at most ${(maxBytes / 1e6).toFixed(0)} MB resident`,
    );
    assert.ok(maxBytes < 1e9, `${maxBytes} bytes resident`);
    index.close();
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
});
