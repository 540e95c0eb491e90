import { type MessagePort, parentPort, type TransferListItem, Worker } from 'node:worker_threads';
import { LikenessError } from './errors.ts';
import { connect, type Port, type Remote, serve } from './rpc.ts';

/**
 * Starts a thread of this library. A thread that nothing waits for keeps no program alive.
 *
 * @param script a text of CommonJS in our code, with nothing to load but what Node has: a program that was bundled into
 *   one file has it, wherever that file lies. For what only the command line does, a file of this package
 * @param what it is, as the subject of an error's message
 */
export function startWorker<T>(script: string | URL, name: string, what: string): Remote<T> {
  const worker = new Worker(script, {
    eval: typeof script === 'string',
    name,
    // The program's own options are not for our thread: `--input-type=module` would make the script a module.
    execArgv: [],
  });
  const port = nodePort(worker);
  const { calls, fail } = connect<T>({
    ...port,
    wait: (isWaiting) => (isWaiting ? worker.ref() : worker.unref()),
  });
  worker.on('error', (cause) =>
    fail(new LikenessError('no-backend', `${what} failed: ${cause.message}`, { cause })),
  );
  worker.on('exit', () => fail(new LikenessError('no-backend', `${what} has ended.`)));
  return {
    calls,
    end(reason) {
      fail(reason);
      return worker.terminate();
    },
  };
}

/** Answers the calls of whoever started this thread. As {@link serve}. */
export const serveStarter = (targetOf: (method: string) => object, inTurn = false): void =>
  serve(nodePort(parentPort!), targetOf, inTurn);

const nodePort = (port: Worker | MessagePort): Port => ({
  post: (message, list) => port.postMessage(message, list as TransferListItem[]),
  listen: (hear) => void port.on('message', hear),
});
