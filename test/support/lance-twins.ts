import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { VectorRow } from '../../src/engine/vector-engine.ts';
import { LanceIndex } from '../../src/lance/index.ts';
import { root } from './cli.ts';

const dims = 4;
/** So many new ones are appended at once. */
export const count = 1000;

const require = createRequire(import.meta.url);

/** Rows in the files of the table, without anything of ours between. */
export async function stored(folder: string): Promise<number> {
  const { connect } = require('@lancedb/lancedb') as typeof import('@lancedb/lancedb');
  const connection = await connect(folder);
  const rows = await (await connection.openTable('pictures')).countRows();
  connection.close();
  return rows;
}

/** A process that adds rows, half of which another adds at once, and is killed when they are in the table. */
const killed = (folder: string): string => `
import { createRequire } from 'node:module';
import { LanceIndex } from ${JSON.stringify(pathToFileURL(join(root, 'dist/node/lance.js')).href)};
const { connect } = createRequire(${JSON.stringify(join(root, 'package.json'))})('@lancedb/lancedb');
const connection = await connect(${JSON.stringify(folder)});
const { prototype } = (await connection.openTable('pictures')).constructor;
const { add } = prototype;
prototype.add = async function (rows) {
  process.send('looked');
  await new Promise((go) => process.once('message', go));
  await add.call(this, rows);
  process.kill(process.pid, 'SIGKILL');
};
const index = await LanceIndex.open(${JSON.stringify(folder)});
await index.add(Array.from({ length: ${count} }, (_, n) => ({
  id: 'row ' + (n + ${count / 2}),
  vector: Float32Array.of(n, 0, 0, 2),
})));
process.send('it was not killed');
`;

/** Each id once, in all that an index answers, and what was acknowledged is there. */
export async function assertOnce(index: LanceIndex): Promise<void> {
  const all = count * 1.5;
  assert.equal(await index.size(), all);
  const listed: string[] = [];
  for (let offset = 0; offset < all; offset += 500) {
    const { entries, total } = await index.entries({ offset, limit: 500 });
    assert.equal(total, all);
    listed.push(...entries.map(({ id }) => id));
  }
  assert.equal(listed.length, all);
  assert.equal(new Set(listed).size, all);
  for (const filter of [undefined, ['row 600', 'row 700'], () => true]) {
    const { hits } = await index.query(Float32Array.of(50, 0, 0, 1), { k: 3000, filter });
    assert.equal(hits.length, Array.isArray(filter) ? 2 : all);
    assert.equal(new Set(hits.map(({ id }) => id)).size, hits.length);
  }
  const [vector] = await index.vectorsOf(['row 600']);
  assert.ok([1, 2, 3].includes(vector![3]!));
}

const rowOf = (n: number, by: number): VectorRow => ({
  id: `row ${n}`,
  vector: Float32Array.of(n, 0, 0, by),
});

/** Those that both processes add. */
export const twinRows = (by: number): VectorRow[] =>
  Array.from({ length: count / 2 }, (_, n) => rowOf(n + count / 2, by));

/** A table in which rows are there twice. @returns who has it open, and was told that the first of them are there */
export async function withTwins(folder: string): Promise<LanceIndex> {
  const reader = await LanceIndex.open(folder, { dims, staleMs: 0, maintain: false });
  const script = join(folder, 'killed.mjs');
  writeFileSync(script, killed(folder));
  const child = fork(script);
  assert.deepEqual(await once(child, 'message'), ['looked', undefined]);
  const rows = [...Array.from({ length: count / 2 }, (_, n) => rowOf(n, 1)), ...twinRows(1)];
  assert.deepEqual(await reader.add(rows), { added: count, replaced: 0 });
  child.send('go on');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
  assert.equal(await stored(folder), 2 * count, 'the half of both is there twice');
  return reader;
}
