import assert from 'node:assert/strict';
import type { DrivenBrowser, DrivenPage } from '../../scripts/browsers/driver.mts';
import type { LikenessResult } from '../../src/elements/result.ts';
import { type Flow, flow } from '../support/driven.ts';
import { type ElementSite, withElementSite } from '../support/element-site.ts';
import { documentedPolicy } from '../support/policies.ts';
import { searchablePictures, writeSearchableSite } from '../support/static-site.ts';

const html =
  '<likeness-search k="5"><a href="all.html">All</a></likeness-search><script type="module" src="likeness/search.js"></script>';
const write = (folder: string): Promise<void> => writeSearchableSite(folder);

/** Runs in a page: gives a picture to an element, as a person who drops it. */
async function drop(url: string, name: string, at: number): Promise<void> {
  const data = new DataTransfer();
  data.items.add(new File([await (await fetch(url)).arrayBuffer()], name, { type: 'image/jpeg' }));
  const element = document.querySelectorAll('likeness-search')[at]!;
  for (const kind of ['dragover', 'drop'])
    element.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}

/** As `visit`; a browser may say that a file did not come. */
async function loud<T>(
  browser: DrivenBrowser,
  url: string,
  body: (page: DrivenPage) => Promise<T>,
): Promise<T> {
  const page = await browser.open();
  try {
    await page.goto(url);
    const answer = await body(page);
    const said = await page.messages();
    assert.deepEqual(
      said.filter(
        ({ type, text }) =>
          type === 'error' && !/Failed to load resource|Loading module from|likeness-/.test(text),
      ),
      [],
    );
    return answer;
  } finally {
    await page.close().catch(() => {});
  }
}

interface Seen {
  status: string;
  buttons: string[];
  items: string[];
  isPreviewed: boolean;
  name: string;
  hasContent: boolean;
}

/** Runs in a page: what an element shows. */
function seen(at: number): Seen {
  const root = document.querySelectorAll('likeness-search')[at]!.shadowRoot!;
  const isShown = (part: HTMLElement): boolean => part.getClientRects().length > 0;
  return {
    status: root.querySelector('[part=status]')!.textContent!,
    buttons: [...root.querySelectorAll('button')].filter(isShown).map((button) => button.textContent!),
    items: [...root.querySelectorAll('[part=list] a')].map((link) => link.textContent!),
    isPreviewed: isShown(root.querySelector<HTMLElement>('canvas')!),
    name: root.querySelector('[part=name]')!.textContent!,
    hasContent: !root.querySelector('slot')!.hidden,
  };
}

const results = (page: DrivenPage, at = 0): Promise<readonly LikenessResult[]> =>
  page.evaluate((n: number) => document.querySelectorAll('likeness-search')[n]!.results, at);

const untilStatus = async (page: DrivenPage, status: string, at = 0): Promise<void> => {
  const wait = page.waitFor(
    (wanted: string, n: number) =>
      document.querySelectorAll('likeness-search')[n]!.shadowRoot!.querySelector('[part=status]')!
        .textContent === wanted,
    [status, at] as [string, number],
    { timeoutMs: 30_000 },
  );
  await wait.catch(async () => {
    const said = (await page.messages()).map(({ text }) => text).join('\n');
    assert.equal((await page.evaluate(seen, at)).status, status, said);
  });
};
const untilOffered = (page: DrivenPage, at: number): Promise<unknown> =>
  page.waitFor(
    (n: number) =>
      document
        .querySelectorAll('likeness-search')
        [n]!.shadowRoot!.querySelector('button[part~=search]:not([hidden])') !== null,
    [at] as [number],
  );
const press = (page: DrivenPage, part: string, at = 0): Promise<void> =>
  page.evaluate(
    (name: string, n: number) =>
      document
        .querySelectorAll('likeness-search')
        [n]!.shadowRoot!.querySelector<HTMLButtonElement>(`button[part~=${name}]`)!
        .click(),
    part,
    at,
  );
/** Runs in a page: whether the entry is kept. */
const isKept = async (): Promise<boolean> =>
  (await caches.match(new URL('likeness/index.json', location.href))) !== undefined;

const pathsOf = (site: ElementSite): string[] => site.asked.map(({ path }) => path);

/** Flows without an answer that browsers could differ in. */
const check = (name: string, run: (browser: DrivenBrowser) => Promise<void>): Flow =>
  flow<undefined>({
    name: `<likeness-search>: ${name}`,
    answer: async (browser) => void (await run(browser)),
    same() {},
  });

export const flows: Flow[] = [
  flow<readonly LikenessResult[]>({
    name: '<likeness-search>: loads nothing before a picture comes, says what it takes, searches; a second visit needs no network',
    answer: (browser) =>
      withElementSite(
        { 'page.html': html },
        (site) =>
          loud(browser, `${site.url}page.html`, async (page) => {
            await page.waitFor(() => customElements.get('likeness-search') !== undefined);
            assert.deepEqual(pathsOf(site), ['likeness/search.js']);
            assert.deepEqual(await page.evaluate(seen, 0), {
              status: '',
              buttons: ['Choose a picture'],
              items: [],
              isPreviewed: false,
              name: '',
              hasContent: true,
            });
            await page.evaluate(drop, searchablePictures[7]!, 'mine.jpg', 0);
            await page.waitFor(
              () =>
                document
                  .querySelector('likeness-search')!
                  .shadowRoot!.querySelector('button[part~=search]:not([hidden])') !== null,
            );
            await page.waitFor(
              () => !document.querySelector('likeness-search')!.shadowRoot!.querySelector('canvas')!.hidden,
            );
            const offered = await page.evaluate(seen, 0);
            assert.deepEqual(
              [offered.buttons[1], offered.name, offered.isPreviewed],
              ['Search · 6.5 MB once', 'mine.jpg', true],
            );
            assert.deepEqual(
              pathsOf(site)
                .slice(1)
                .map((path) => path.replace(/-[0-9a-f]{12}/, ''))
                .sort(),
              ['likeness/index.json', 'likeness/search.json', searchablePictures[7]],
            );
            await press(page, 'search');
            await untilStatus(page, 'Similar pictures: 5');
            const found = await results(page);
            assert.equal(found[0]!.id, searchablePictures[7]);
            assert.ok(found[0]!.distance < 1e-3);
            assert.deepEqual(found[0]!.meta, { n: '7' });
            assert.deepEqual(
              [found[0]!.alt, found[0]!.caption, found[0]!.title],
              ['Food 7', 'Caption 7', 'Foods'],
            );
            assert.equal(found[0]!.page, `${site.url}page-7/`);
            const shown = await page.evaluate(seen, 0);
            assert.equal(shown.items.length, 5);
            assert.equal(shown.hasContent, false);
            assert.deepEqual(shown.buttons, ['Choose a picture']);
            await page.waitFor(async () => {
              for (const name of await caches.keys())
                if (
                  /library/.test(name) &&
                  (await (await caches.open(name)).keys()).some(({ url }) => url.includes('/model-'))
                )
                  return true;
              return false;
            });

            await page.waitFor(isKept);

            // The page and the element's script come from wherever: all else is refused.
            const before = site.asked.length;
            site.fails = (path) => !/search\.js$|^photos/.test(path);
            await page.reload();
            await page.waitFor(() => customElements.get('likeness-search') !== undefined);
            await page.evaluate(drop, searchablePictures[7]!, 'mine.jpg', 0);
            // WebKitGTK's sessions for tests lose Cache Storage with each page.
            if (!(await page.evaluate(isKept))) {
              assert.equal(browser.name, 'WebKit');
              await untilStatus(page, 'The search does not work now. Try again later.');
              return found.map((result) => ({ ...result, page: '', url: '', thumbnail: '' }));
            }
            await untilStatus(page, 'Similar pictures: 5');
            assert.deepEqual(await results(page), found);
            assert.ok(site.asked.slice(before).some(({ path }) => path === 'likeness/index.json'));
            return found.map((result) => ({ ...result, page: '', url: '', thumbnail: '' }));
          }),
        { write },
      ),
    same(actual, chromium) {
      assert.deepEqual(
        actual.map(({ distance: _, ...rest }) => rest),
        chromium.map(({ distance: _, ...rest }) => rest),
      );
      for (const [n, { distance }] of chromium.entries())
        assert.ok(Math.abs(actual[n]!.distance - distance) < 5e-5);
    },
  }),

  check(
    'two on a page share one engine; a newer picture ends an older search; errors are said in words',
    (browser) =>
      withElementSite(
        {
          'page.html': `<likeness-search k="3"></likeness-search><div lang="zh"><likeness-search k="4"></likeness-search></div>
        <script type="module" src="likeness/search.js"></script>`,
        },
        (site) =>
          loud(browser, `${site.url}page.html`, async (page) => {
            await page.waitFor(() => customElements.get('likeness-search') !== undefined);
            await page.evaluate(() =>
              document.addEventListener('likeness-error', (event) => event.preventDefault()),
            );

            // What fails can be tried again.
            const broken = /codes-/;
            site.fails = (path) => broken.test(path);
            await page.evaluate(drop, searchablePictures[0]!, 'a.jpg', 0);
            await untilOffered(page, 0);
            await press(page, 'search');
            await untilStatus(page, 'The search does not work now. Try again later.');
            site.fails = () => false;

            const before = site.asked.length;
            await page.evaluate(drop, searchablePictures[0]!, 'a.jpg', 0);
            await page.evaluate(drop, searchablePictures[1]!, 'b.jpg', 1);
            await untilOffered(page, 0);
            await untilOffered(page, 1);
            assert.equal(
              (await page.evaluate(seen, 1)).buttons[1],
              '搜索 · 首次需下载 6.5 MB'.replace(
                '6.5 MB',
                await page.evaluate(() => (6.5).toLocaleString('zh', { style: 'unit', unit: 'megabyte' })),
              ),
            );
            await press(page, 'search', 0);
            await press(page, 'search', 1);
            await untilStatus(page, 'Similar pictures: 3', 0);
            await untilStatus(page, '相似图片：4 张', 1);
            assert.equal((await results(page, 0))[0]!.id, searchablePictures[0]);
            assert.equal((await results(page, 1))[0]!.id, searchablePictures[1]);
            const twice = pathsOf(site)
              .slice(before)
              .filter((path, at, all) => /(codes|likeness\/model)-/.test(path) && all.indexOf(path) !== at);
            assert.deepEqual(twice, []);

            // Only the last of three pictures counts.
            const kept = await page.evaluate(
              async (list: string[]) => {
                const element = document.querySelector('likeness-search')!;
                const ids: string[] = [];
                element.addEventListener('likeness-results', ({ detail }) => ids.push(detail.results[0]!.id));
                const outcomes = await Promise.allSettled(
                  await Promise.all(list.map(async (url) => (await fetch(url)).blob())).then((pictures) =>
                    pictures.map((picture) => element.search(picture)),
                  ),
                );
                return { ids, outcomes: outcomes.map(({ status }) => status) };
              },
              searchablePictures.slice(3, 6),
            );
            assert.deepEqual(kept, {
              ids: [searchablePictures[5]],
              outcomes: ['rejected', 'rejected', 'fulfilled'],
            });

            await page.evaluate(drop, '/shop/page.html', 'notes <i>.txt', 0);
            await untilStatus(page, 'notes <i>.txt cannot be read as a picture.', 0);
            assert.equal((await page.evaluate(seen, 0)).isPreviewed, false);
            assert.equal((await page.evaluate(seen, 0)).items.length, 3, 'the list of before stays');

            await page.evaluate(async (url: string) => {
              const data = new DataTransfer();
              data.items.add(
                new File([await (await fetch(url)).arrayBuffer()], 'pasted.png', { type: 'image/png' }),
              );
              const event = new Event('paste', { bubbles: true, cancelable: true, composed: true });
              Object.defineProperty(event, 'clipboardData', { value: data });
              document.body.dispatchEvent(event);
            }, searchablePictures[9]!);
            await page.waitFor(
              (id: string) => document.querySelector('likeness-search')!.results[0]?.id === id,
              [searchablePictures[9]!],
            );

            // Taken out and put back it works on.
            await page.evaluate(() => {
              const element = document.querySelector('likeness-search')!;
              element.remove();
              document.body.prepend(element);
            });
            await page.evaluate(drop, searchablePictures[11]!, 'c.jpg', 0);
            await page.waitFor(
              (id: string) => document.querySelector('likeness-search')!.results[0]?.id === id,
              [searchablePictures[11]!],
            );
          }),
        { write },
      ),
  ),

  check('a loading that is cancelled ends, and its requests with it', (browser) =>
    withElementSite(
      { 'page.html': html },
      (site) =>
        loud(browser, `${site.url}page.html`, async (page) => {
          await page.waitFor(() => customElements.get('likeness-search') !== undefined);
          site.fails = (path) => {
            if (/model-.*(onnx|bin)/.test(path)) site.holds.set(path, new Promise(() => {}));
            return false;
          };
          await page.evaluate(drop, searchablePictures[0]!, 'a.jpg', 0);
          await untilOffered(page, 0);
          await press(page, 'search');
          await untilStatus(page, 'Loading the search …');
          while (!pathsOf(site).some((path) => /model-/.test(path)))
            await new Promise((done) => setTimeout(done, 20));
          await press(page, 'cancel');
          assert.deepEqual((await page.evaluate(seen, 0)).buttons, ['Choose a picture']);
          site.fails = () => false;
          site.holds.clear();
          await page.evaluate(drop, searchablePictures[2]!, 'a.jpg', 0);
          await untilOffered(page, 0);
          await press(page, 'search');
          await untilStatus(page, 'Similar pictures: 5');
          assert.equal((await results(page))[0]!.id, searchablePictures[2]);
        }),
      { write },
    ),
  ),

  check('a site without a model says so', (browser) =>
    withElementSite(
      { 'page.html': html },
      (site) =>
        loud(browser, `${site.url}page.html`, async (page) => {
          await page.waitFor(() => customElements.get('likeness-search') !== undefined);
          await page.evaluate(drop, searchablePictures[0]!, 'a.jpg', 0);
          await untilStatus(page, 'This site cannot be searched with pictures of your own.');
        }),
      { write: (folder) => writeSearchableSite(folder, { model: false }) },
    ),
  ),

  check('a strict policy is enough', (browser) =>
    withElementSite(
      { 'page.html': html },
      (site) =>
        loud(browser, `${site.url}page.html`, async (page) => {
          await page.waitFor(() => customElements.get('likeness-search') !== undefined);
          await page.evaluate(drop, searchablePictures[4]!, 'a.jpg', 0);
          await untilOffered(page, 0);
          await press(page, 'search');
          await untilStatus(page, 'Similar pictures: 5');
          assert.equal((await results(page))[0]!.id, searchablePictures[4]);
          assert.equal(
            await page.evaluate(
              () =>
                getComputedStyle(document.querySelector('likeness-search')!.shadowRoot!.querySelector('ul')!)
                  .display,
            ),
            'grid',
          );
        }),
      {
        write,
        headers: documentedPolicy(
          'Its Content-Security-Policy with a picture',
          undefined,
          'docs/static-sites.md',
        ),
      },
    ),
  ),

  check('index, library and model on another origin', (browser) =>
    withElementSite(
      {},
      (cdn) =>
        withElementSite({ 'page.html': html.replace('likeness/', `${cdn.url}likeness/`) }, (site) =>
          loud(browser, `${site.url}page.html`, async (page) => {
            await page.waitFor(() => customElements.get('likeness-search') !== undefined);
            await page.evaluate(drop, 'photos/0.jpg', 'a.jpg', 0);
            await untilOffered(page, 0);
            await press(page, 'search');
            await untilStatus(page, 'Similar pictures: 5');
            assert.ok((await results(page)).every(({ url }) => url.startsWith(`${cdn.url}photos/`)));
          }),
        ),
      { write, headers: { 'Access-Control-Allow-Origin': '*' } },
    ),
  ),
];
