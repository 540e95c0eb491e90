import { LikenessError } from '../../base/errors.ts';
import type { Port } from './thread-port.ts';

/** Takes the place of `start-thread.ts` where none is asked for, so that nothing of it is bundled: the engine's worker. */
export async function startThread(): Promise<Port> {
  throw new LikenessError('no-backend', 'this program has no script of threads');
}
