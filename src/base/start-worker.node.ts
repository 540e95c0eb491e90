import { Worker } from 'node:worker_threads';

/**
 * Starts a thread of this library. Its script is a text in our code, not a file beside it: a program that was bundled
 * into one file has it, wherever that file lies.
 *
 * @param script CommonJS, with nothing to load but what Node has
 */
export const startWorker = (script: string, name: string, workerData?: unknown): Worker =>
  new Worker(script, {
    eval: true,
    name,
    workerData,
    // The program's own options are not for our thread: `--input-type=module` would make the script a module.
    execArgv: [],
  });
