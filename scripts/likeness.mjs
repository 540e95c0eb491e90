// npm run -s likeness -- <command>: the command line of this checkout, built when its sources are newer.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { root } from './setup.mjs';

await ensureBuilt();
const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(), // npm runs scripts in the root; paths are the caller's
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
