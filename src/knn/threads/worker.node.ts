/** A thread of the search in Node. */
import { serveStarter } from '../../base/start-worker.node.ts';
import { createThread } from './thread.ts';

serveStarter(createThread(), true);
