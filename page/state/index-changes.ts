import { effect, signal } from '@preact/signals';
import { passing } from './filter-now.ts';
import { search } from './library.ts';
import { pictures } from './pictures.ts';

/** Pictures that change in a row are followed once in so long. */
const followMs = 1000;

/** Counts changes that a query's results follow. */
export const indexVersion = signal(0);

/** Follows changes of the index. */
export function followIndex(): void {
  effect(() => {
    const library = search.value;
    if (!library) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = library.onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        indexVersion.value++;
      }, followMs);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  });
}

/**
 * Pictures that a filter lets through come and go in a row, too, while a folder is read; and the index has some a moment
 * before the page knows their shapes.
 *
 * @param asked what was searched last: the pictures that the filter left, and the hits that the page did not know
 */
export function followPictures(
  asked: () => { searched: ReadonlySet<string> | undefined; unknown: readonly string[] },
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const isOld = (): boolean =>
    passing.peek() !== asked().searched || asked().unknown.some((id) => pictures.peek().has(id));
  effect(() => {
    void [passing.value, pictures.value];
    if (timer !== undefined || !isOld()) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        last = performance.now();
        // A new filter is another query, which was asked meanwhile.
        if (isOld()) indexVersion.value++;
      },
      Math.max(0, last + followMs - performance.now()),
    );
  });
}
