import { IndexStore } from '../../src/store/index-store.ts';
import { IndexedDbStore } from '../../src/store/media/store.indexeddb.ts';
import { OpfsStore } from '../../src/store/media/store.opfs.ts';
import { killDimension, stepUntilKilled } from './kill-steps.ts';
import { info, stateOf, textOf } from './store-model.ts';

/** `?step` goes on until the browser is killed; `?state` tells what is there. */
const { search } = new URL(self.location.href);
const parameters = new URLSearchParams(search);
const store = parameters.get('store') === 'opfs' ? new OpfsStore('kill') : new IndexedDbStore('kill');
const tell = (path: string, body: string): Promise<unknown> => fetch(path, { method: 'POST', body });

try {
  if (parameters.get('do') === 'step') {
    await stepUntilKilled(store, (step) => void tell('/acknowledged', String(step)).catch(() => {}));
  } else {
    const index = await IndexStore.open(store, { create: info(killDimension) });
    await tell('/state', textOf(await stateOf(index)));
  }
} catch (error) {
  await tell('/failed', String((error as Error).stack));
}
