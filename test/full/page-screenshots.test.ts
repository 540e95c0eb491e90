import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import {
  difference,
  ensureIndex,
  photograph,
  schemes,
  servePage,
  shots,
  tolerance,
  views,
  windows,
} from '../../scripts/page-views.mjs';
import { root } from '../support/cli.ts';

const baselines = join(root, 'test/fixtures/page');
const inTolerance = ({ mean, block }: { mean: number; block: number }): boolean =>
  mean <= tolerance.mean && block <= tolerance.block;

let browser: Browser;
let servers: Awaited<ReturnType<typeof servePage>>[];
before(async () => {
  browser = await launchChromium();
  servers = [await servePage(), await servePage('-i', ensureIndex())];
});
after(async () => {
  for (const server of servers ?? []) server.close();
  await browser?.close();
});

/** A photograph of the page with some CSS on top, which its policy allows as a constructed sheet. */
async function photographWith(page: Page, css: string): Promise<Buffer> {
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, css);
  await page.waitForTimeout(300);
  const png = await page.screenshot();
  await page.evaluate(() => {
    document.adoptedStyleSheets = [];
  });
  return png;
}

describe('screenshots', () => {
  test('each view has a baseline at each width, light and dark, and no other file is kept', () => {
    const wanted = [...shots()].flatMap(({ name }) => schemes.map((scheme) => `${name}-${scheme}.webp`));
    assert.deepEqual(readdirSync(baselines).sort(), wanted.sort());
  });

  // `node scripts/screenshot.mjs --baselines` writes them anew: look at what it wrote.
  for (const view of views) {
    test(`the view ${view.name} looks as it did; without its main part, or with it moved, it does not`, async () => {
      const [empty, filled] = servers.map(({ url }) => url) as [string, string];
      const wanted = [...shots()].filter((shot) => shot.view.name === view.name);
      const wrong: string[] = [];
      await photograph(browser, { urls: { empty, filled }, wanted }, async (name, png, page) => {
        const file = join(baselines, `${name}.webp`);
        assert.ok(existsSync(file), `${file} is missing`);
        const told = (what: string, { mean, block }: { mean: number; block: number }): void => {
          wrong.push(`${name}${what}: mean ${mean.toFixed(2)}, greatest block ${block.toFixed(1)}`);
        };
        const as = await difference(png, file);
        if (!inTolerance(as)) told('', as);
        // That the tolerance is no blindness.
        if (!name.includes(`-${windows[1]!.width}-`) || name.includes('-zh-')) return;
        for (const [what, css] of [
          ['hidden', `${view.part} { visibility: hidden !important }`],
          ['moved', `${view.part} { transform: translate(0, 6rem) !important }`],
        ] as const) {
          const other = await difference(await photographWith(page, css), file);
          if (inTolerance(other)) told(`, its main part ${what}, is taken for the same`, other);
        }
        // Letters of other kinds are no difference; where they fill more lines, what is below them moves.
        if (view.name === 'start' || view.name === 'settings') return;
        const letters = await photographWith(
          page,
          '* { font-family: "Liberation Serif", "DejaVu Serif", serif !important }',
        );
        const anew = await difference(letters, file);
        if (anew.mean > tolerance.mean) told(' with other letters', anew);
      });
      assert.deepEqual(wrong, []);
    });
  }
});
