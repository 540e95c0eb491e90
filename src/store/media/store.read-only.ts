import { LikenessError } from '../../base/errors.ts';
import type { Store } from '../format/files.ts';

/** A store that is only read. Opening an index in it repairs nothing. */
export function readOnlyStore(store: Store): Store {
  const refuse = (): Promise<never> =>
    Promise.reject(new LikenessError('read-only', `${store.name} is only read.`));
  return {
    name: store.name,
    readOnly: true,
    randomReads: store.randomReads ?? false,
    list: () => store.list(),
    open: (name, mode) => (mode === 'read' ? store.open(name, mode) : refuse()),
    remove: refuse,
    lock: async () => undefined,
  };
}
