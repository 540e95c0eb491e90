import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import { alerts, areFound, sample, sampleFiles, shows } from '../support/page-files.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

test('files that vanish or change while a folder is read are named, and the others are read', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        const paths = sampleFiles.map((name) => join(folder, name));
        await Promise.all(paths.map((path, n) => cp(sample(n), path)));
        // The model is opened meanwhile: nothing is read before.
        await page.setInputFiles('#add-files', paths);
        await rm(paths[10]!);
        await cp(sample(0), paths[11]!);
        await shows(page, 10);
        const [told, ...others] = await alerts(page);
        assert.match(told!, /^2 of 12 files are not among the pictures:/);
        assert.match(told!, /: moved, deleted or changed meanwhile/);
        assert.deepEqual(others, []);
        // They are tried again when the person asks: where they are as they were, they are read.
        await page.setInputFiles('#add-files', paths[11]!);
        await shows(page, 11);
      }),
    ),
  ));

test('where the browser throws at whoever opens a database, pictures are added and searched', () =>
  withServer([], (url) =>
    visitPage(
      browser,
      'about:blank',
      async (page) => {
        await page.addInitScript(() => {
          indexedDB.open = () => {
            throw new DOMException('Access to the Indexed Database API is denied', 'SecurityError');
          };
        });
        await page.goto(url);
        await page.setInputFiles('#add-files', [sample(0), sample(1), sample(2)]);
        await shows(page, 3);
        await areFound(page, 3);
        assert.deepEqual(await alerts(page), []);
        await page.click('.rows [data-index="0"]');
        await page.locator('.results[aria-busy="false"] .rows [data-index="1"]').waitFor();
      },
      { alsoAsked: url },
    ),
  ));
