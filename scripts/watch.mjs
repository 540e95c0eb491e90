// npm run watch -- [what npm test takes]: runs the tests, and again after every change of a source or a test.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

let child;
let wanted = true;

/** One run at a time. Changes during a run start one more. */
function run() {
  if (child || !wanted) return;
  wanted = false;
  child = spawn(process.execPath, [join(root, 'scripts/test.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  child.on('exit', () => {
    child = undefined;
    run();
  });
}

let pause;
for (const folder of ['assembly', 'page', 'shaders', 'src', 'test']) {
  watch(join(root, folder), { recursive: true }, () => {
    wanted = true;
    clearTimeout(pause);
    pause = setTimeout(run, 100); // an editor writes a file in steps
  });
}
run();
