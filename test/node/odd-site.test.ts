import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright';
import sharp from 'sharp';
import { launchChromium } from '../../scripts/chromium.mjs';
import type * as library from '../../src/node.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { serveFolder } from '../support/consumers/site.ts';
import { compareHits, listsOf, smallPicturesOf, visitSite } from '../support/consumers/visit.ts';

/** Names of files with whatever a file system and a URL make of them. */
const oddNames = [
  'with space.jpg',
  ' leading space.jpg',
  'été.jpg',
  'e\u0301te\u0301 in two code points.jpg',
  '梨 和 苹果.jpg',
  '🍐.jpg',
  '100%.jpg',
  '%41.jpg',
  '%2e%2e%2f.jpg',
  'a#b?c=d&e.jpg',
  'a+b=c;d,e.jpg',
  'srcset, 2x.jpg',
  `"quotes" 'and' <b>.jpg`,
  'a:b@c!$()[]{}^|~`.jpg',
  'two..dots..jpg',
  'UPPER.JPG',
  '中文目录/子 目录/图 1.jpg',
].map((name) => `photos/${name}`);
const formats = ['gif', 'avif', 'png', 'webp', 'tiff'].map((ending) => `formats/picture.${ending}`);
const ids = [...oddNames, ...formats];
/** Files that are no pictures, or too small ones. */
const refused = [
  'formats/drawing.svg',
  'formats/cut.jpg',
  'formats/empty.jpg',
  'formats/page.jpg',
  'formats/icon.png',
];

interface Page {
  /** What stands in front of the path of a picture, as this page writes it. */
  root: string;
  base?: string;
  ids: string[];
  /** Paths as careless authors write them. */
  raw?: boolean;
}

/** Pages by their paths. `prefix`: where the site is, with slashes at both ends. */
const pagesOf = (prefix: string): Record<string, Page> => ({
  'index.html': { root: '', ids },
  'nested/deep/page.html': { root: '../../', ids: oddNames.slice(0, 4) },
  'trailing/index.html': { root: '../', ids: oddNames.slice(4, 8) },
  'rooted.html': { root: prefix, ids: oddNames.slice(8, 12) },
  'based/index.html': { root: '', base: `<base href="${prefix}">`, ids: oddNames.slice(12, 16) },
  'near base/index.html': { root: '', base: '<base href="../">', ids: oddNames.slice(3, 6) },
  'raw.html': { root: './', ids: ids.filter((id) => !/[%#?"]/.test(id)), raw: true },
  ...Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [
      `many/${n}.html`,
      { root: '../', ids: [ids[0]!, ids[1 + (n % 15)]!] },
    ]),
  ),
});

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A title and texts that are markup where somebody forgets to escape them. */
const markup = '<img src=x onerror=alert(1)> & "quotes"';

async function writeSite(folder: string, prefix: string): Promise<void> {
  const photographs = (await readdir(samples)).sort();
  for (const [n, id] of [...ids, 'formats/icon.png'].entries()) {
    const file = join(folder, id);
    await mkdir(dirname(file), { recursive: true });
    const picture = sharp(join(samples, photographs[n * 23]!));
    await writeFile(
      file,
      await (id.endsWith('icon.png') ? picture.resize(31, 40) : picture)
        .toFormat(id.endsWith('icon.png') ? 'png' : formatOf(id))
        .toBuffer(),
    );
  }
  await writeFile(
    join(folder, 'formats/drawing.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>',
  );
  await writeFile(
    join(folder, 'formats/cut.jpg'),
    (await sharp(join(samples, 'A001.jpeg')).jpeg().toBuffer()).subarray(0, 300),
  );
  await writeFile(join(folder, 'formats/empty.jpg'), '');
  await writeFile(join(folder, 'formats/page.jpg'), '<!doctype html><title>404</title>');
  for (const [path, { root, base = '', ids, raw }] of Object.entries(pagesOf(prefix))) {
    const shown = path === 'index.html' ? [...ids, ...refused] : ids;
    const images = shown.map((id, n) => {
      const src = root + (raw ? id : encoded(id));
      const list = refused.includes(id) ? '' : `<likeness-similar for="i${n}" k="5"></likeness-similar>`;
      return `<p><img id="i${n}" src="${escaped(src)}" alt="${escaped(markup)}" width="99" height="66">${list}`;
    });
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(
      join(folder, path),
      `<!doctype html><html lang="en"><head><meta charset="utf-8">${base}<link rel="icon" href="data:,"><title>${escaped(markup)}</title><script type="module" src="${root}likeness/similar.js"></script></head><body>${images.join('\n')}`,
    );
  }
}

const formatOf = (id: string): 'jpeg' | 'gif' | 'avif' | 'png' | 'webp' | 'tiff' => {
  const ending = id.slice(id.lastIndexOf('.') + 1).toLowerCase();
  return ending === 'jpg' ? 'jpeg' : (ending as 'gif');
};

describe('a site with odd names, formats and pages', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const prefix of ['/', '/a shop/it’s/']) {
    test(`at ${prefix}: each picture has the list that the command gives, with links that lead to it`, async () => {
      await withFolder(async (folder) => {
        const site = join(folder, 'site', prefix);
        const base = encodeURI(prefix);
        await writeSite(site, base);
        const indexed = await likeness('index', site, '-o', join(folder, 'index'));
        assert.equal(indexed.code, 0, indexed.stderr);
        const built = await likeness('site', site, '--base', prefix, '--cache', join(folder, 'cache'));
        assert.equal(built.code, 0, built.stderr);
        for (const id of refused.filter((id) => !/svg|icon/.test(id)))
          assert.ok(built.stderr.includes(id), built.stderr);

        const { ImageSearch }: typeof library = await import(
          pathToFileURL(join(root, 'dist/node/index.js')).href
        );
        const search = await ImageSearch.open({ store: `file:${join(folder, 'index')}` });
        const upstream = await serveFolder(join(folder, 'site'));
        try {
          const isVisited = prefix === '/' ? /^(?!many\/[^7]|many\/..)/ : /^(index|rooted|based)/;
          const pages = Object.entries(pagesOf(base)).filter(([path]) => isVisited.test(path));
          for (const [path, page] of pages) {
            await visitSite(browser, upstream, base + encoded(path), async ({ page: opened }) => {
              const lists = await listsOf(opened);
              assert.equal(lists.length, page.ids.length);
              for (const [n, { results }] of lists.entries()) {
                const id = page.ids[n]!;
                const vector = await search.vector(id);
                const right = await search.query(vector, { k: 5, exclude: [id, 'formats/icon.png'] });
                compareHits(results, right, `${path}: ${id}`);
              }
              assert.equal(await smallPicturesOf(opened), 5 * lists.length);
              const broken = await opened.locator('likeness-similar').evaluateAll(async (elements) => {
                const links = elements.flatMap((element) => {
                  const { results } = element as HTMLElement & { results: { url: string; page: string }[] };
                  return results.flatMap(({ url, page }) => [url, page]);
                });
                const answers = await Promise.all(
                  [...new Set(links)].map((link) => fetch(link, { method: 'HEAD' })),
                );
                return answers.filter(({ ok }) => !ok).map(({ url }) => url);
              });
              assert.deepEqual(broken, []);
            });
          }
        } finally {
          await upstream.close();
          await search.close();
        }
      });
    });
  }
});
