import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { afterPaint } from '../state/after-paint.ts';
import { placeToRestore } from '../state/places.ts';

/** A list, and the part of it that is near the window. Pixels from the list's top. */
export interface RowsWindow {
  width: number;
  /** Pixels of 1 rem: texts grow with the reader's font size. */
  rem: number;
  top: number;
  bottom: number;
}

/** Rows are drawn so far beyond the window: quick scrolling shows few empty places. */
const margin = 800;
/** So far they are drawn at first: those of the window would wait for the pictures of others. */
const firstMargin = 300;
/** The list is drawn anew when it was scrolled so far. */
const step = 200;

/** Follows the size of a list and where it is in the window. `onScroll` is told of each scroll. */
export function useRowsWindow(
  list: RefObject<HTMLElement | null>,
  probe: RefObject<HTMLElement | null>,
  onScroll: () => void,
): Signal<RowsWindow> {
  const seen = useSignal<RowsWindow>({ width: 0, rem: 16, top: 0, bottom: 2000 });
  useLayoutEffect(() => {
    const element = list.current!;
    // Who comes back is scrolled to the place of before in the next frame.
    let beyond = placeToRestore.peek() ? margin : firstMargin;
    const measure = (): void => {
      const before = seen.peek();
      const { top: edge, width } = element.getBoundingClientRect();
      const rem = probe.current!.getBoundingClientRect().width || 16;
      const top = -edge - beyond;
      const bottom = -edge + innerHeight + beyond;
      const isFar = Math.abs(top - before.top) >= step || Math.abs(bottom - before.bottom) >= step;
      if (isFar || width !== before.width || rem !== before.rem) seen.value = { width, rem, top, bottom };
    };
    const follow = (): void => {
      beyond = margin;
      measure();
      onScroll();
    };
    measure();
    const dismiss = afterPaint(() => {
      beyond = margin;
      measure();
    });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(probe.current!);
    addEventListener('scroll', follow, { passive: true });
    addEventListener('resize', measure);
    return () => {
      dismiss();
      observer.disconnect();
      removeEventListener('scroll', follow);
      removeEventListener('resize', measure);
    };
  }, []);
  return seen;
}
