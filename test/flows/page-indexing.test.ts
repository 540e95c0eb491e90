import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { withFolder } from '../support/cli.ts';
import { flow, visit } from '../support/driven.ts';
import { withServer } from '../support/page.ts';
import { sample, sampleFiles } from '../support/page-files.ts';

interface Small {
  id: string;
  type: string;
  bytes: number;
}

const shows = (page: DrivenPage, count: number): Promise<boolean> =>
  page.waitFor(
    (wanted) =>
      document.querySelector('#pictures-title')?.textContent === `${wanted} pictures` &&
      !document.querySelector('#progress'),
    [count],
    { timeoutMs: 180_000 },
  );

const smallPictures = (page: DrivenPage): Promise<Small[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.rows [data-id]')].map((cell) => {
      const source = cell.querySelector('img')?.src ?? '';
      const [, type = '', data = ''] = /^data:([^;]*);base64,(.*)$/.exec(source) ?? [];
      return { id: cell.dataset.id!, type, bytes: data.length * 0.75 };
    }),
  );

export const flows = [
  flow<string[]>({
    name: 'the page makes small pictures in WebP or JPEG, tells once what it cannot read, and keeps both over a reload',
    answer: (browser) =>
      withFolder((folder) =>
        withServer([], (url) =>
          visit(browser, url, async (page) => {
            const bad = join(folder, 'torn.jpg');
            await writeFile(bad, 'no picture');
            await page.waitFor(() => document.querySelector('#add-files') !== null, []);
            await page.setFiles('#add-files', [...sampleFiles.map((_, n) => sample(n)), bad]);
            await shows(page, 12);
            const told = await page.evaluate(() => document.querySelector('[role=alert]')?.textContent ?? '');
            assert.match(told, /^1 of 13 files is not among the pictures:torn\.jpg: /);
            const before = await smallPictures(page);
            assert.equal(before.length, 12);
            for (const { id, type, bytes } of before) {
              assert.match(type, /^image\/(webp|jpeg)$/, id);
              assert.ok(bytes > 500 && bytes < 40_000, `${id}: ${bytes} bytes`);
            }
            await page.reload();
            await shows(page, 12);
            assert.deepEqual(await smallPictures(page), before);
            // Given again, it is passed over.
            await page.setFiles('#add-files', [sample(0), bad]);
            await page.waitFor(
              () =>
                document.querySelector('#status')?.textContent?.includes('could not be read before') ?? false,
              [],
            );
            assert.equal(await page.evaluate(() => document.querySelectorAll('[role=alert]').length), 0);
            return before.map(({ id }) => id);
          }),
        ),
      ),
    same: (actual, chromium) => assert.deepEqual(actual, chromium),
  }),
];
