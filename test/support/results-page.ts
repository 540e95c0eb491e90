import assert from 'node:assert/strict';
import type { Page } from 'playwright';

/** Waits for the results of a query whose title has a text, and until their rows are drawn beyond the window, too. */
export async function waitForResults(page: Page, title: string): Promise<void> {
  await page.waitForFunction(
    (part) => {
      const view = document.querySelector('.results');
      const list = view?.querySelector('.hits:not(.old) .rows');
      const last = Math.max(
        ...[...(list?.children ?? [])].map((item) => item.getBoundingClientRect().bottom),
      );
      return (
        document.querySelector('#results-title')?.textContent?.includes(part) &&
        view?.getAttribute('aria-busy') === 'false' &&
        list &&
        last >= Math.min(innerHeight + 500, list.getBoundingClientRect().bottom - 100)
      );
    },
    title,
    { timeout: 60_000 },
  );
}

/** Waits until the line below the title says a text: what was found, and how much of it. */
export const summaryIs = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('#results-summary')?.textContent === wanted, text);

/**
 * Ids of all hits in their order, from scrolling through them as a person does, who waits until the window is full.
 *
 * @param count how many there are
 */
export async function allHits(page: Page, count: number): Promise<string[]> {
  const seen = new Map<number, string>();
  const end = Date.now() + 60_000;
  while (seen.size < count) {
    assert.ok(Date.now() < end, `${seen.size} of ${count} hits came`);
    const drawn = await page.waitForFunction((last) => {
      const hits = [...document.querySelectorAll('.results .rows li')].map((item) => {
        const { top, bottom } = item.getBoundingClientRect();
        const place = Number(item.getAttribute('aria-posinset'));
        return { place, id: item.querySelector('a')!.dataset.id!, top, bottom };
      });
      const isFull =
        hits.some(({ place, top }) => top <= 0 || place === 1) &&
        hits.some(({ place, bottom }) => bottom >= innerHeight || place === last);
      return isFull && hits.map(({ place, id }) => [place, id] as const);
    }, count);
    for (const [place, id] of (await drawn.jsonValue()) as [number, string][]) {
      assert.equal(seen.get(place) ?? id, id, `place ${place} is of one picture`);
      seen.set(place, id);
    }
    await page.evaluate(() => scrollBy({ top: innerHeight / 2, behavior: 'instant' }));
  }
  assert.deepEqual(
    [...seen.keys()].sort((a, b) => a - b),
    Array.from({ length: count }, (_, at) => at + 1),
  );
  return [...seen].sort(([a], [b]) => a - b).map(([, id]) => id);
}

/** Scrolls on, as results come, until the page is so far down. */
export const scrollDownTo = (page: Page, top: number): Promise<unknown> =>
  page.waitForFunction((wanted) => {
    window.scrollTo({ top: wanted, behavior: 'instant' });
    return Math.abs(scrollY - wanted) <= 2;
  }, top);

/** Waits until the files that were asked with are stored: that goes on beside the search. */
export const filesAreStored = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction(async (wanted) => {
    const name = 'likeness-page-files';
    // Opened before it is there, it would be made, and be none of the page's.
    if (!(await indexedDB.databases()).some((one) => one.name === name)) return false;
    const promised = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
      });
    const database = await promised(indexedDB.open(name));
    try {
      return (await promised(database.transaction('files').objectStore('files').count())) === wanted;
    } finally {
      database.close();
    }
  }, count);

/** Names of the hits that are drawn, in their order. */
export const hitNames = (page: Page): Promise<string[]> =>
  page.locator('.results .rows .name').allInnerTexts();

/** Distances of the hits that are drawn. */
export const hitDistances = async (page: Page): Promise<number[]> =>
  (await page.locator('.results .rows .number').allInnerTexts()).map(Number);

/** Names in the chips, with their signs where there are some. */
export const chips = (page: Page): Promise<string[]> =>
  page.locator('.chips li').evaluateAll((all) =>
    all.map((chip) => {
      const sign = chip.querySelector('.sign-of');
      const name = chip.querySelector('.chip-name')!.textContent!;
      return sign ? `${chip.classList.contains('unlike') ? '−' : '+'} ${name}` : name;
    }),
  );

/** Presses Tab until what has the focus matches. */
export async function tabTo(page: Page, selector: string, key = 'Tab'): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${key} does not reach ${selector}`);
}

/** Gives the page a file as a drop or a paste does. */
export async function give(page: Page, how: 'drop' | 'paste', name: string, bytes: Buffer): Promise<void> {
  await page.evaluate(
    ([event, file, base64]) => {
      const data = Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([data], file!, { type: 'image/jpeg' }));
      const init = { bubbles: true, cancelable: true };
      dispatchEvent(
        event === 'drop'
          ? new DragEvent('drop', { ...init, dataTransfer: transfer })
          : new ClipboardEvent('paste', { ...init, clipboardData: transfer }),
      );
    },
    [how, name, bytes.toString('base64')],
  );
}
