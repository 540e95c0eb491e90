import { LikenessError } from '../../base/errors.ts';
import type { Remote } from '../../base/rpc.ts';
import type { SearchThread } from './thread.ts';

/** Takes the place of `start-thread.ts` where none is asked for, so that nothing of it is bundled: the engine's worker. */
export async function startThread(): Promise<Remote<SearchThread>> {
  throw new LikenessError('no-backend', 'this program has no script of threads');
}
