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
