// npm run bench -- knn --peers: installs and bundles everybody that `test/bench/peers` measures, and runs it.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { browserOptions, nodeOptions } from './build.mjs';
import { ensurePeers, root } from './setup.mjs';

/** The grid that a call without sizes measures: a part that takes minutes, or with `--grid full` all of it. */
export const grids = {
  short: { n: [1024, 16384], d: [512, 4096], q: [1, 64], k: [30], runs: 7 },
  full: { n: [1024, 16384, 100_000], d: [512, 4096], q: [1, 64], k: [1, 30, 1000], runs: 7 },
};

/**
 * @param {object} flags of the command line
 * @param {object} overrides sizes that it names, as lists
 */
export async function measurePeers(flags, overrides) {
  const { build } = await import('esbuild');
  if (!flags['no-build'] && !flags.read) ensurePeers();
  if (!flags.read) buildAddon();
  const folder = 'build/bench/peers';
  rmSync(join(root, folder), { recursive: true, force: true });
  const peers = 'test/bench/peers';
  const node = { ...nodeOptions, outdir: folder, outExtension: { '.js': '.mjs' } };
  await build({ ...node, entryPoints: [`${peers}/run.mjs`, `${peers}/in-node.mjs`] });
  await build({
    ...browserOptions,
    external: ['node:*', 'sharp', '@xenova/transformers'],
    splitting: true,
    chunkNames: '[name]-[hash]',
    entryPoints: [`${peers}/in-page.mjs`],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
  const { default: run } = await import(pathToFileURL(join(root, folder, 'run.mjs')).href);
  const only = flags.only.split(',').filter((part) => part !== '');
  const isWhole = only.length === 0 && ['n', 'd', 'q', 'k'].every((key) => overrides[key] === undefined);
  await run({
    root,
    from: process.cwd(),
    json: flags.json,
    svg: flags.svg,
    read: flags.read?.split(','),
    only,
    features: {},
    duplicates: isWhole || flags.duplicates,
    ...grids[flags.grid],
    ...overrides,
  });
}

/** hnswlib-node is compiled where it is measured; without a compiler it is left out and said to be. */
function buildAddon() {
  const folder = join(root, 'test/bench/peers');
  if (existsSync(join(folder, 'node_modules/hnswlib-node/build/Release/addon.node'))) return;
  console.error('Compiling hnswlib-node …');
  spawnSync('npm', ['rebuild', 'hnswlib-node', '--ignore-scripts=false'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
}
