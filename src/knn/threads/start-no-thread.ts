import { LikenessError } from '../../base/errors.ts';
import type { Remote } from '../../base/rpc.ts';
import type { SearchThread } from './thread.ts';

/** Replaces `start-thread.ts` in the engine's worker, which searches on one thread. */
export async function startThread(): Promise<Remote<SearchThread>> {
  throw new LikenessError('no-backend', 'this program has no script of threads');
}
