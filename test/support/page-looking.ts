import { launchChromium } from '../../scripts/chromium.mjs';
import { memoryOf, newContext, open } from './page-browser.ts';
import { longestOnProcessor } from './page-processor.ts';
import { face, forgetSeen, seenSoFar, shownAt } from './page-watch.ts';

/** What a person does who looks around. */
export interface Looking {
  what: string;
  seconds: number;
  longest: number;
  /** The longest task, in milliseconds of the processor. */
  longestUsed: number;
  shift: number;
  peak: number | undefined;
}

/** Pixels in a frame: a quick turn of a wheel. */
const scrolledAtOnce = 300;
/** The list is scrolled for so long at most. */
const maxScrollMs = 30_000;

/** Scrolls through the list and uses the map. */
export async function measureLooking(origin: string): Promise<Looking[]> {
  const browser = await launchChromium();
  try {
    const page = await open(await newContext(browser), origin);
    await shownAt(page, face.images);
    await page.waitForFunction((busy) => !document.querySelector(busy), face.busy);
    const measured = async (what: string, act: () => Promise<unknown>): Promise<Looking> => {
      await forgetSeen(page);
      let seconds = 0;
      const longestUsed = await longestOnProcessor(browser, page, async () => {
        const began = performance.now();
        await act();
        seconds = (performance.now() - began) / 1000;
      });
      return {
        what,
        seconds,
        longestUsed,
        ...(await seenSoFar(page)),
        peak: (await memoryOf(browser))?.most,
      };
    };
    const scrolling = await measured('scrolling through the list', () =>
      page.evaluate(
        async ([step, maxMs]) => {
          const end = performance.now() + maxMs!;
          const longest = (): number => document.documentElement.scrollHeight - innerHeight;
          while (scrollY < longest() - 1 && performance.now() < end) {
            await new Promise(requestAnimationFrame);
            scrollBy({ top: step!, behavior: 'instant' });
          }
        },
        [scrolledAtOnce, maxScrollMs],
      ),
    );
    await page.evaluate(() => scrollTo(0, 0));
    const map = await measured('the map, until it is drawn', async () => {
      await page.locator('header nav a').nth(2).click();
      await page.waitForSelector('.map canvas');
      await page.waitForFunction((busy) => !document.querySelector(busy), face.busy);
    });
    const moving = await measured('moving and enlarging the map', async () => {
      const box = (await page.locator('.map canvas').boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.move(x, y);
      for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, -200);
      await page.mouse.down();
      await page.mouse.move(x + 200, y + 100, { steps: 20 });
      await page.mouse.up();
      await page.waitForTimeout(1000);
    });
    return [scrolling, map, moving];
  } finally {
    await browser.close();
  }
}
