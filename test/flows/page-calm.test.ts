import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { samples } from '../support/cli.ts';
import { flow, visit } from '../support/driven.ts';
import { withServer } from '../support/page.ts';
import { onScreen } from '../support/page-calm.ts';

const slow = { timeoutMs: 180_000 };
const all = readdirSync(samples)
  .slice(0, 160)
  .map((name) => join(samples, name));

export const flows = [
  flow<string[]>({
    name: 'results that are open while a folder is read stay where they are; new ones come when the person asks for them',
    answer: (browser) =>
      withServer([], (url) =>
        visit(browser, url, async (page) => {
          await page.waitFor(() => document.querySelector('#add-files') !== null, []);
          await page.setFiles(
            '#add-files',
            all.filter((_, n) => n % 8 === 0),
          );
          await page.waitFor(
            () =>
              document.querySelector('#pictures-title')?.textContent === '20 pictures' &&
              !document.querySelector('#progress'),
            [],
            slow,
          );
          const answered = () =>
            page.waitFor(
              () => document.querySelector('.results[aria-busy="false"] .hits:not(.old) .rows li') !== null,
              [],
              slow,
            );
          await page.click('.rows [data-index="3"]');
          await answered();
          // Files that are given lead to the list; Back leads to the results while most are to come.
          await page.setFiles(
            '#add-files',
            all.filter((_, n) => n % 8 !== 0),
          );
          await page.waitFor(() => document.querySelector('#pictures-title') !== null, []);
          await page.evaluate(() => history.back());
          await answered();
          const before = await page.evaluate(onScreen);
          assert.ok(before.length > 2, `${before.length} on the screen`);
          await page.waitFor(
            () =>
              document.querySelector('#results-summary')?.textContent === '159 pictures' &&
              !document.querySelector('#progress'),
            [],
            slow,
          );
          const text = await page.waitFor(() => document.querySelector('#show-new')?.textContent, [], slow);
          const said = await page.evaluate(
            () => document.querySelector('.new-ones [role=status]')!.textContent,
          );
          assert.equal(text, `${said} · show`);
          const after = await page.evaluate(onScreen);
          // The last row takes others beside those that it had.
          assert.deepEqual(after.slice(0, before.length), before);
          const count = Number(/^(\d+) new match(es)? · show$/.exec(text)?.[1]);
          assert.ok(count > 0);

          await page.evaluate(() => document.querySelector<HTMLElement>('#show-new')!.focus());
          await page.press('Enter');
          await page.waitFor(() => document.querySelector('#show-new') === null, []);
          const first = await page.waitFor(
            () => (document.activeElement as HTMLElement | null)?.closest<HTMLElement>('.rows a')?.dataset.id,
            [],
          );
          assert.ok(
            !before.some((one) => one.startsWith(`${first} `)),
            'the first of the new ones has the focus',
          );
          const distances = await page.evaluate(() =>
            [...document.querySelectorAll('.results .rows .number')].map((number) =>
              Number(number.textContent),
            ),
          );
          assert.deepEqual(
            distances,
            [...distances].sort((a, b) => a - b),
          );
          return page.evaluate(() =>
            [...document.querySelectorAll<HTMLElement>('.rows [data-id]')]
              .slice(0, 5)
              .map((cell) => cell.dataset.id!),
          );
        }),
      ),
    same: (actual, chromium) => assert.deepEqual(actual, chromium),
  }),
];
