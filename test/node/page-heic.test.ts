import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { withFolder } from '../support/cli.ts';
import { withServer } from '../support/page.ts';
import { alerts, copiesOf, sample, shows } from '../support/page-files.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** The first box of a HEIC file; what follows is read by a browser's own decoder only. */
const box = new Uint8Array([0, 0, 0, 24, ...new TextEncoder().encode('ftypheic'), ...new Uint8Array(12)]);

/** A browser that reads HEIC, as Safari does: behind the first box it takes a JPEG for one. Runs in pages and workers. */
function readHeic(): void {
  const { createImageBitmap: native } = globalThis;
  const decode = async (source: ImageBitmapSource, ...rest: [ImageBitmapOptions?]): Promise<ImageBitmap> => {
    if (!(source instanceof Blob)) return native(source, ...rest);
    const name = new TextDecoder().decode(await source.slice(4, 12).arrayBuffer());
    return native(name === 'ftypheic' ? source.slice(24) : source, ...rest);
  };
  globalThis.createImageBitmap = decode as typeof createImageBitmap;
}

test('HEIC is indexed by the decoder of a browser that has one, whatever its name says; elsewhere it is told what to do', () =>
  withFolder((folder) =>
    withServer([], async (url) => {
      const jpeg = await readFile(sample(4));
      const named = join(folder, 'IMG_1.HEIC');
      const misnamed = join(folder, 'IMG_2.jpg');
      await writeFile(named, Buffer.concat([box, jpeg]));
      await writeFile(misnamed, Buffer.concat([box, await readFile(sample(6))]));
      const context = await browser.newContext({ serviceWorkers: 'block' });
      try {
        const page = await context.newPage();
        await page.goto(url);
        await page.setInputFiles('#add-files', [sample(1), named, misnamed]);
        await page.getByRole('alert').waitFor();
        await shows(page, 1);
        const [alert] = await alerts(page);
        assert.match(alert!, /^2 of 3 files are not among the pictures/);
        assert.match(alert!, /IMG_1\.HEIC: HEIC is not read: .*JPEG.*Safari/);
        assert.match(alert!, /IMG_2\.jpg: .*HEIC/);

        await context.addInitScript(readHeic);
        await page.route('**/thumbnail-worker.js', async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: `(${readHeic})();${await response.text()}` });
        });
        await page.reload();
        await shows(page, 1);
        await page.setInputFiles('#add-files', [named]);
        await shows(page, 2);
        // One that could not be read before is read when the person asks for it.
        await page.setInputFiles('#add-files', [misnamed]);
        await page.click('#settings');
        await page.click('#try-again');
        await page.keyboard.press('Escape');
        await shows(page, 3);
        assert.deepEqual(await copiesOf(page, sample(4)), ['IMG_1.HEIC']);
        assert.deepEqual(await copiesOf(page, sample(6)), ['IMG_2.jpg']);
        const small = await page.locator('.rows [data-id="IMG_1.HEIC"] img').evaluate((image) => {
          const { src, naturalWidth } = image as HTMLImageElement;
          return { isKept: src.startsWith('data:image/'), naturalWidth };
        });
        assert.ok(small.isKept && small.naturalWidth > 100, JSON.stringify(small));
        // It is asked with as well.
        assert.deepEqual(await copiesOf(page, named), ['IMG_1.HEIC']);
      } finally {
        await context.close();
      }
    }),
  ));
