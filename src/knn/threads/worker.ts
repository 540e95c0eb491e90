/** `likeness-knn-worker.js`: a thread of the search in a page. */
import { domPort, serve } from '../../base/rpc.ts';
import { createThread } from './thread.ts';

serve(domPort(globalThis as unknown as Worker), createThread(), true);
