import { type Calls, connect, domPort } from '../../../src/base/rpc.ts';
import { sha256 } from '../hash.ts';
import { Limit } from './limit.ts';
import { pageCanvas, type Small, shrink } from './shrink.ts';
import type { SmallWorker } from './worker.ts';

/** A decoded photograph of 12 megapixels takes 48 MB: two at a time, one where there are few processors. */
const decodes = new Limit((globalThis.navigator?.hardwareConcurrency ?? 2) > 3 ? 2 : 1);

interface Thread {
  calls: Calls<SmallWorker>;
  canDraw: boolean;
}

let started: Promise<Thread | undefined> | undefined;

/** Started by the first who needs it; `undefined` where it cannot be loaded. */
function thread(): Promise<Thread | undefined> {
  started ??= start();
  return started;
}

async function start(): Promise<Thread | undefined> {
  try {
    const worker = new Worker(new URL('thumbnail-worker.js', document.baseURI), { type: 'module' });
    const { calls, fail } = connect<SmallWorker>(domPort(worker));
    let isUp = false;
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      fail(new Error('The worker that makes small pictures has ended.'));
      if (isUp) started = undefined; // the next who asks starts another
    });
    const canDraw = await calls.canDraw();
    isUp = true;
    return { calls, canDraw };
  } catch {
    return undefined;
  }
}

/**
 * A small copy of a picture, made in a worker, or in the page where workers cannot draw.
 *
 * @throws where this browser cannot read the file
 */
export const makeSmall = (file: Blob): Promise<Small> =>
  decodes.run(async () => {
    const worker = await thread();
    return worker?.canDraw ? worker.calls.shrink(file) : shrink(file, pageCanvas());
  });

/** SHA-256 of a file, in the worker: large files would hold up the page where it comes by plain http. */
export async function hashOf(file: Blob): Promise<string> {
  const worker = await thread();
  return worker ? worker.calls.hash(file) : sha256(new Uint8Array(await file.arrayBuffer()));
}
