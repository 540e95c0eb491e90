import { effect, signal } from '@preact/signals';
import type { ImageSearch, Report } from 'likeness-search';

/** The opened model and index; `undefined` until they are. */
export const search = signal<ImageSearch | undefined>(undefined);
/** What runs, and why. */
export const report = signal<Report | undefined>(undefined);
/** Whether the page does not know yet if there are pictures. */
export const isLooking = signal(true);
/** Why no model could be opened. */
export const openingError = signal<string | undefined>(undefined);

let awaited = false;
/** Whether something that a person asked for waits until the search is open. */
export const isAwaited = (): boolean => awaited;

/** The search as soon as it is open: what a person gives before is not lost. Rejects where no model can be opened. */
export function opened(): Promise<ImageSearch> {
  awaited ||= search.peek() === undefined;
  return new Promise((done, failed) => {
    const stop = effect(() => {
      const { value } = search;
      const error = openingError.value;
      if (value) done(value);
      else if (error !== undefined) failed(new Error(error));
      else return;
      queueMicrotask(() => stop());
    });
  });
}
