import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { launchChromium } from '../../scripts/chromium.mjs';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import { root } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';

const files = [
  'avif/alpha-limited.avif',
  'avif/grid.avif',
  'tiff/rgb8-be-strips-5-2.tif',
  'tiff/grey16-1-le-one-1-1.tif',
  'tiff/jpeg-RGB-6-tiles-whole-2.tif',
  'tiff/compression-zstd.tif',
];

test('the built page reads AVIF and TIFF as Node does, with decoders that come with the first such file', async () => {
  const bytes = await Promise.all(files.map((name) => readFile(join(root, 'test/cases', name))));
  await using search = await ImageSearch.open();
  const here = await Promise.all(
    bytes.map((file) => search.extract(file).then(Array.from<number>, (error: Error) => error.message)),
  );
  const browser = await launchChromium();
  try {
    await withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        const decoders: string[] = [];
        page.on('request', (request) => {
          const name = /decoders\/(avif|tiff)\.js/.exec(request.url())?.[1];
          if (name) decoders.push(name);
        });
        const extract = (pictures: string[]) =>
          page.evaluate(async (list) => {
            // A name that the test's bundler does not follow: the page's import map has it.
            const library: string = ['likeness', 'search'].join('-');
            const { ImageSearch: Built } = (await import(library)) as typeof import('../../src/index.ts');
            const built = await Built.open();
            const answers: (number[] | string)[] = [];
            for (const picture of list) {
              const file = await (await fetch(`data:;base64,${picture}`)).blob();
              answers.push(
                await built.extract(file).then(Array.from<number>, (error: Error) => error.message),
              );
            }
            await built.close();
            return answers;
          }, pictures);
        const photograph = await readFile(join(root, 'test/fixtures/pillow/colour-420.jpg'));
        await extract([photograph.toString('base64')]);
        assert.deepEqual(decoders, []);
        const there = await extract(bytes.map((file) => file.toString('base64')));
        assert.deepEqual(decoders.sort(), ['avif', 'tiff']);
        for (const [i, name] of files.entries()) {
          const a = here[i]!;
          const b = there[i]!;
          if (typeof a === 'string' || typeof b === 'string') {
            assert.equal(b, a, name);
            assert.match(a as string, /^TIFF with ZSTD compression is not read/);
            continue;
          }
          const cosine = a.reduce((sum, value, j) => sum + value * b[j]!, 0);
          assert.ok(cosine > 0.99999, `${name}: ${cosine}`);
        }
      }),
    );
  } finally {
    await browser.close();
  }
});
