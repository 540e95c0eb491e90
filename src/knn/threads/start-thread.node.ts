import script from '#threads/search.txt';
import type { Remote } from '../../base/rpc.ts';
import { startWorker } from '../../base/start-worker.node.ts';
import { type SearchThread, threadName } from './thread.ts';

/** Starts a thread of the search in Node. */
export const startThread = async (): Promise<Remote<SearchThread>> =>
  startWorker(script, 'likeness-search', threadName);
