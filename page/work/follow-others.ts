import { effect } from '@preact/signals';
import { search } from '../state/library.ts';
import { indexedCount } from '../state/pictures.ts';
import { explain, running } from '../state/tasks.ts';
import { isChanging } from './network.ts';
import { showIndex } from './show-index.ts';

/** Changes of another tab come in a row: so long after the last one, the index is shown anew. */
const restMs = 700;

/** Shows what another tab of this page adds to the index and takes out of it. */
export function followOthers(): void {
  effect(() => {
    const index = search.value;
    if (!index) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOthers = false;
    const look = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // What this tab does it shows by itself, when it is done.
        if (running.peek() || isChanging()) look();
        else if (isOthers || index.size !== indexedCount.peek()) {
          isOthers = false;
          showIndex().catch(explain);
        }
      }, restMs);
    };
    const stop = index.onChange(() => {
      isOthers ||= !isChanging();
      look();
    });
    // The library reads what others have written when it is asked: a person comes back to this tab and looks at it.
    const ask = (): void => {
      if (document.visibilityState === 'visible') index.has('').catch(() => {}); // closed meanwhile
    };
    document.addEventListener('visibilitychange', ask);
    window.addEventListener('focus', ask);
    return () => {
      clearTimeout(timer);
      stop();
      document.removeEventListener('visibilitychange', ask);
      window.removeEventListener('focus', ask);
    };
  });
}
