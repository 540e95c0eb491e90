import type { Page } from 'playwright';

/** Where a page shows what: selectors. */
export interface Face {
  /** Pictures of the list, each to be clicked for those like it. */
  pictures: string;
  images: string;
  /** Small pictures of an answer that is whole. */
  hits: string;
  /** A task that runs. */
  busy: string;
}

export const face: Face = {
  pictures: '.rows a',
  images: '.rows img',
  hits: 'section.results:not([aria-busy="true"]) .hits:not(.old) .rows img',
  busy: '#progress',
};

interface Watched {
  shift: number;
  /** Tasks of more than 50 ms. */
  tasks: { start: number; duration: number }[];
  /** When the person did something last; milliseconds since the page's start, as all here. */
  began: number;
  shown(selector: string): Promise<number>;
}

declare global {
  interface Window {
    watched: Watched;
  }
}

/** From its next load on, a page measures itself. */
export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watched: Watched = {
      shift: 0,
      tasks: [],
      began: 0,
      /** When all pictures of the window are painted, and there is one. */
      shown: (selector) =>
        new Promise((found) => {
          const look = (): void => {
            const seen = [...document.querySelectorAll<HTMLImageElement>(selector)].filter((image) => {
              const { top, bottom } = image.getBoundingClientRect();
              return bottom > 0 && top < innerHeight;
            });
            if (
              seen.length === 0 ||
              !seen.every(({ complete, naturalWidth }) => complete && naturalWidth > 0)
            ) {
              requestAnimationFrame(look);
              return;
            }
            // The frame after this one's.
            requestAnimationFrame(() => setTimeout(() => found(performance.now())));
          };
          look();
        }),
    };
    window.watched = watched;
    for (const kind of ['click', 'change'])
      addEventListener(
        kind,
        ({ timeStamp }) => {
          watched.began = timeStamp;
        },
        true,
      );
    new PerformanceObserver((list) => {
      for (const { startTime: start, duration } of list.getEntries()) watched.tasks.push({ start, duration });
    }).observe({ type: 'longtask', buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        hadRecentInput: boolean;
        value: number;
      })[])
        if (!entry.hadRecentInput) watched.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** Milliseconds since the page's start until pictures are painted. */
export const shownAt = (page: Page, selector: string): Promise<number> =>
  page.evaluate((wanted) => window.watched.shown(wanted), selector);

/** Milliseconds from what the person did last until pictures are painted. */
export const shownAfter = (page: Page, selector: string): Promise<number> =>
  page.evaluate(async (wanted) => (await window.watched.shown(wanted)) - window.watched.began, selector);

export const firstPaint = (page: Page): Promise<number> =>
  page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);

interface Seen {
  shift: number;
  /** Milliseconds of the longest task; 0 where none took 50. */
  longest: number;
}

export const seenSoFar = (page: Page): Promise<Seen> =>
  page.evaluate(() => ({
    shift: window.watched.shift,
    longest: Math.max(0, ...window.watched.tasks.map(({ duration }) => duration)),
  }));

/** Begins anew to count what {@link seenSoFar} tells. */
export const forgetSeen = (page: Page): Promise<void> =>
  page.evaluate(() => {
    window.watched.shift = 0;
    window.watched.tasks = [];
  });

/**
 * As {@link seenSoFar}, since files were chosen. `handedOver`: the task in which the browser made the list of the files,
 * before the page heard of them.
 */
export const seenSinceChoice = (page: Page): Promise<Seen & { handedOver: number }> =>
  page.evaluate(() => {
    const { shift, tasks, began } = window.watched;
    const longestOf = (those: typeof tasks): number => Math.max(0, ...those.map(({ duration }) => duration));
    return {
      shift,
      longest: longestOf(tasks.filter(({ start }) => start > began)),
      handedOver: longestOf(tasks.filter(({ start }) => start <= began)),
    };
  });
