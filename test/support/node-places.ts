import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samples } from './cli.ts';

/** What a program with the package does in Node, however it is started. */
const search = `
async function search(ImageSearch, FlatIndex, threads, options) {
  const found = await ImageSearch.open({ threads, ...options });
  const { failed } = await found.add([{ id: 'a', image: 'a.jpeg' }, { id: 'b', image: 'b.jpeg' }]);
  if (failed.length > 0) throw failed[0].error;
  const hits = await found.query('b.jpeg');
  const { extractor } = await found.report();
  await found.close();
  const index = await FlatIndex.create({ dimension: 2, threads });
  index.add(Float32Array.of(0, 1, 1, 0));
  const { rows } = await index.search(Float32Array.of(1, 0), 1);
  const counts = [extractor.threads, index.threads];
  index.close();
  return { ids: hits.map(({ id }) => id).join(), distance: hits[0].distance, row: rows[0], counts, reason: extractor.reason };
}
const [threads = '1', options = '{}'] = process.argv.slice(2);
const given = [threads === 'default' ? undefined : Number(threads), JSON.parse(options)];
const say = (found) => console.log(JSON.stringify(found));
const fail = ({ name, code, message }) => say({ name, code, message });
`;
const esm = `
import { ImageSearch } from 'likeness-search';
import { FlatIndex } from 'likeness-search/knn';
${search}`;
const programs = {
  'program.mjs': `${esm} search(ImageSearch, FlatIndex, ...given).then(say, fail);`,
  'program.cjs': `
const { ImageSearch, LikenessError } = require('likeness-search');
const knn = require('likeness-search/knn');
${search}
if (knn.LikenessError !== LikenessError) throw new Error('two of LikenessError');
search(ImageSearch, knn.FlatIndex, ...given).then(say, fail);`,
  'thread.mjs': `
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
${esm}
if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  thread.on('message', say).on('error', fail).on('exit', (code) => process.exitCode ||= code);
} else parentPort.postMessage(await search(ImageSearch, FlatIndex, ...given));`,
};

interface Answer {
  ids?: string;
  distance?: number;
  row?: number;
  counts?: [number, number];
  reason?: string;
  code?: string;
  message?: string;
}

/** Lays programs and pictures beside the installed package. No package.json: whatever a folder says of modules is not needed. */
export function layPrograms(folder: string): void {
  for (const [name, source] of Object.entries(programs)) writeFileSync(join(folder, name), source);
  for (const [name, sample] of Object.entries({ a: 'A001', b: 'B001' }))
    copyFileSync(join(samples, `${sample}.jpeg`), join(folder, `${name}.jpeg`));
}

function answerOf(node: string, cwd: string, args: string[]): Promise<Answer> {
  return new Promise((done, failed) => {
    execFile(node, args, { cwd, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error?.killed) failed(new Error(`${args.join(' ')} comes to no end`));
      else if (stdout === '') failed(new Error(`${args.join(' ')}: ${stderr}`));
      else done(JSON.parse(stdout));
    });
  });
}

const right = (answer: Answer, threads: number): void => {
  const { reason, message, ...rest } = answer;
  const counts = [threads, threads];
  assert.deepEqual(rest, { ids: 'b,a', distance: 0, row: 1, counts }, `${reason} ${message}`);
};

/**
 * Has every kind of program run in `folder`, in which the package is installed and {@link layPrograms} was.
 *
 * @param node the program `node` of some version
 * @param readable what the permission model has to let be read
 */
export async function checkPlaces(node: string, folder: string, readable: string[]): Promise<void> {
  const run = (...args: string[]): Promise<Answer> => answerOf(node, folder, args);
  for (const program of Object.keys(programs))
    for (const threads of [1, 2]) right(await run(program, `${threads}`), threads);
  right(await run('--disallow-code-generation-from-strings', 'program.mjs', '2'), 2);
  // As one does to try something; its options are not for threads. What `-e` is given begins at argv[1].
  right(await run('--input-type=module', '-e', programs['program.mjs'], '--', '-', '2'), 2);

  const version: string = await new Promise((done) =>
    execFile(node, ['--version'], (_, stdout) => done(stdout)),
  );
  const permission = version.startsWith('v20.') ? '--experimental-permission' : '--permission';
  const flags = [permission, ...[folder, ...readable].map((path) => `--allow-fs-read=${realpathSync(path)}`)];
  right(await run(...flags, 'program.mjs', '1'), 1);
  const alone = await run(...flags, 'program.mjs', 'default');
  assert.match(alone.reason!, /one thread, as the permission model of Node allows no others/);
  assert.equal(alone.counts?.[0], 1);
  right(await run(...flags, '--allow-worker', 'program.mjs', '2'), 2);
  const index = join(realpathSync(folder), 'index');
  rmSync(index, { recursive: true, force: true });
  const options = JSON.stringify({ store: `file:${index}` });
  const denied = await run(...flags, 'program.mjs', '1', options);
  assert.equal(denied.code, 'storage-denied', denied.message);
  assert.match(denied.message!, /--allow-fs-write/);
  mkdirSync(index);
  right(await run(...flags, `--allow-fs-write=${index}`, 'program.mjs', '1', options), 1);
  // What is there is read without a permission to write.
  right(await run(...flags, 'program.mjs', '1', options), 1);
}
