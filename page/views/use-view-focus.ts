import { useEffect, useRef } from 'preact/hooks';
import { placeToRestore } from '../state/places.ts';

/**
 * Whoever goes to another view begins at its title, and hears it; who comes back gets the place of before.
 *
 * @param view `''` while there is none yet
 * @param isThere whether it is drawn: some are loaded first
 */
export function useViewFocus(view: string, isThere: boolean): void {
  const last = useRef('');
  useEffect(() => {
    if (!isThere) return;
    const before = last.current;
    last.current = view;
    // The first view is the browser's to begin at its top.
    if (before === '' || view === before || placeToRestore.peek()?.focused !== undefined) return;
    const main = document.getElementById('main')!;
    if (main.contains(document.activeElement)) return;
    (main.querySelector<HTMLElement>('h2') ?? main).focus({ preventScroll: true });
  }, [view, isThere]);
}
