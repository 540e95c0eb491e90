import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../../scripts/chromium.mjs';
import { root } from './cli.ts';
import { makePhotographs } from './many-photographs.ts';
import { memoryOf, newContext, open } from './page-browser.ts';
import { longestOnProcessor } from './page-processor.ts';
import { face, forgetSeen, seenSinceChoice } from './page-watch.ts';

/** What adding photographs took. */
export interface Added {
  count: number;
  seconds: number;
  longest: number;
  /** The longest task, in milliseconds of the processor. */
  longestUsed: number;
  handedOver: number;
  shift: number;
  peak: number | undefined;
}

/** Adds photographs in a page that has one, and its model. */
export async function measureAdding(url: string, batch: number): Promise<Added> {
  const folder = join(root, 'build/bench-page', `${batch}`);
  await mkdir(folder, { recursive: true });
  const names = await makePhotographs(folder, batch);
  const [first, ...rest] = names.map((name) => join(folder, name));
  const browser = await launchChromium();
  try {
    const page = await open(await newContext(browser), url);
    /** When the page has been at rest for a moment, the time at which it came to rest. */
    const restedAt = (): Promise<number> =>
      page.evaluate(async (busy) => {
        for (let since = performance.now(); ; ) {
          await new Promise((done) => setTimeout(done, 20));
          if (document.querySelector(busy)) since = performance.now();
          else if (performance.now() - since > 500) return since;
        }
      }, face.busy);
    // With the first one the model is loaded.
    await page.setInputFiles('#add-files', first!);
    await page.waitForSelector(face.images);
    await restedAt();
    await forgetSeen(page);
    let seconds = 0;
    const adding = async (): Promise<void> => {
      await page.setInputFiles('#add-files', rest);
      await page.waitForSelector(face.busy);
      const rested = await restedAt();
      seconds = (rested - (await page.evaluate(() => window.watched.began))) / 1000;
    };
    const longestUsed = await longestOnProcessor(browser, page, adding, { fromChange: true });
    return {
      count: rest.length,
      seconds,
      longestUsed,
      ...(await seenSinceChoice(page)),
      peak: (await memoryOf(browser))?.most,
    };
  } finally {
    await browser.close();
  }
}
