/** A thread of the network in Node. */
import { serveStarter } from '../base/start-worker.node.ts';
import { createNetworkThread } from './network-thread.ts';

const thread = createNetworkThread();
serveStarter(() => thread);
