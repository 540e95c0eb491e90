import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { settled } from '../../scripts/page-views.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

/** The last two show the same. */
const names = [
  ...readdirSync(samples)
    .map((file) => file.replace('.jpeg', ''))
    .slice(0, 20),
  'D019',
  'D031',
];
const like = `?like=${names[3]}.jpeg`;

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** What a person does to come from an address to a state of the page. */
interface State {
  name: string;
  address: string;
  act(page: Page): Promise<unknown>;
}

const states: State[] = [
  {
    name: 'filters that let nothing through',
    address: '?name=nowhere&folder=Trip&sort=name',
    act: (page) => page.waitForSelector('.nothing'),
  },
  {
    name: 'results, with the slider moved and the marks shown',
    address: `${like}&within=0.9`,
    act: async (page) => {
      await page.waitForSelector('.rows a');
      await page.locator('.rows a').first().focus();
    },
  },
  {
    name: 'results of several pictures, one of them unlike',
    address: `${like}&like=${names[4]}.jpeg&unlike=${names[9]}.jpeg`,
    act: (page) => page.waitForSelector('.rows a'),
  },
  {
    name: 'results among which none is near enough',
    address: `${like}&within=0.01`,
    act: (page) => page.waitForSelector('#results-title', { state: 'attached' }),
  },
  {
    name: 'the viewer, with the map of what counts',
    address: `${like}&picture=${names[5]}.jpeg`,
    act: async (page) => {
      await page.waitForSelector('#viewer #found .frame.ready');
      await page.click('#why');
      await page.waitForSelector('#viewer #found .heat');
    },
  },
  {
    name: 'the viewer, with a part chosen',
    address: `?picture=${names[5]}.jpeg`,
    act: async (page) => {
      await page.locator('#viewer .choose-part').click();
      await page.waitForSelector('#viewer .box');
    },
  },
  {
    name: 'a picture that is not there',
    address: '?picture=nowhere.jpeg',
    act: (page) => page.waitForSelector('main *'),
  },
  {
    name: 'duplicates, with groups and marks',
    address: '?view=duplicates&threshold=0.1',
    act: (page) => page.waitForSelector('.group'),
  },
  {
    name: 'duplicates, side by side',
    address: '?view=duplicates&threshold=0.1&picture=D031.jpeg',
    act: (page) => page.waitForSelector('#compare-pictures[open]'),
  },
  {
    name: 'duplicates, of which there are none',
    address: '?view=duplicates&threshold=0&name=A00',
    act: (page) => page.waitForSelector('#duplicates-summary'),
  },
  {
    name: 'the map, with its list open',
    address: '?view=map',
    act: async (page) => {
      await page.waitForSelector('.map canvas');
      await page.click('.map-list summary');
      await page.waitForSelector('.map-list .rows a');
    },
  },
  {
    name: 'settings, all of them open, over results',
    address: like,
    act: async (page) => {
      await page.waitForSelector('.rows a');
      await page.click('#settings');
      for (const details of await page.locator('#sheet details').all())
        await details.evaluate((element) => {
          (element as HTMLDetailsElement).open = true;
        });
    },
  },
];

describe('axe, at 360 and 1440 pixels, light and dark', () => {
  test('finds nothing in any state of the page', { timeout: 600_000 }, () =>
    withIndex(names, (index) =>
      withServer(['-i', index], async (url) => {
        const found: string[] = [];
        await visitPage(browser, url, async (page) => {
          for (const { name, address, act } of states) {
            await page.goto(url + address);
            await act(page);
            for (const width of [360, 1440]) {
              await page.setViewportSize({ width, height: 800 });
              for (const colorScheme of ['light', 'dark'] as const) {
                await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
                await settled(page);
                for (const problem of await accessibilityProblems(page))
                  found.push(`${name}, ${width}, ${colorScheme}: ${problem}`);
              }
            }
          }
        });
        assert.deepEqual(found, []);
      }),
    ),
  );
});
