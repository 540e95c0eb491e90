import assert from 'node:assert/strict';
import type { DrivenBrowser, DrivenPage } from '../../scripts/browsers/driver.mts';
import { type Flow, flow } from '../support/driven.ts';
import { withElementSite } from '../support/element-site.ts';
import { searchablePictures, writeSearchableSite } from '../support/static-site.ts';

const html = `<likeness-similar src="photos/07.jpg" k="3" exclude='["photos/03.jpg"]'>Nothing</likeness-similar>
<likeness-search k="3"></likeness-search>
<script type="module" src="likeness/similar.js"></script><script type="module" src="likeness/search.js"></script>`;

type Tag = 'likeness-similar' | 'likeness-search';

interface Shown {
  ids: string[];
  /** What is wrong, as the element says it. */
  said: string;
}

/** Runs in a page. */
function shown(tag: Tag): Shown {
  const { results, shadowRoot } = document.querySelector(tag)!;
  const part = shadowRoot!.querySelector<HTMLElement>(
    tag === 'likeness-similar' ? '[part=error]' : '[part=status]',
  )!;
  return { ids: results.map(({ id }) => id), said: part.hidden ? '' : part.textContent! };
}

/** Runs in a page: sets what an element is to choose from, and waits for its next list or error. */
async function choose(
  tag: Tag,
  [name, value]: ['filter' | 'exclude', unknown],
  way: 'attribute' | 'property',
): Promise<string> {
  const element = document.querySelector(tag)!;
  const told = new Promise<string>((done) => {
    element.addEventListener('likeness-results', () => done(''), { once: true });
    element.addEventListener('likeness-error', ({ detail }) => done(detail.error.code), { once: true });
  });
  if (way === 'property') Object.assign(element, { [name]: value });
  else element.setAttribute(name, value as string);
  return told;
}

/** Runs in a page: searches with a file of the site, as if a visitor had said yes. */
async function search(url: string): Promise<void> {
  await document.querySelector('likeness-search')!.search(await (await fetch(url)).blob());
}

/** What each step shows, and what the console got. */
interface Answer {
  steps: Record<string, Shown>;
  warnings: string[];
}

async function steps(page: DrivenPage): Promise<Answer['steps']> {
  const all: Answer['steps'] = {};
  const next = async (
    step: string,
    tag: Tag,
    change: ['filter' | 'exclude', unknown],
    way: 'attribute' | 'property' = 'property',
    code = '',
  ): Promise<void> => {
    assert.equal(await page.evaluate(choose, tag, change, way), code, step);
    all[step] = await page.evaluate(shown, tag);
  };
  await page.waitFor(() => document.querySelector('likeness-similar')!.results?.length > 0);
  all.without = await page.evaluate(shown, 'likeness-similar' as Tag);
  const meta = { n: { min: '1', max: '2' } };
  await next('similar by metadata', 'likeness-similar', ['filter', { meta }]);
  await next('similar of ids', 'likeness-similar', ['filter', all.without.ids.slice(1)]);
  await next('similar, no JSON', 'likeness-similar', ['filter', '{"meta":'], 'attribute', 'bad-argument');
  await next('similar, mended', 'likeness-similar', ['filter', undefined]);

  await page.evaluate(search, searchablePictures[7]!);
  all.search = await page.evaluate(shown, 'likeness-search' as Tag);
  await next('search without itself', 'likeness-search', ['exclude', [searchablePictures[7]!]]);
  await next('search by metadata', 'likeness-search', ['filter', JSON.stringify({ meta })], 'attribute');
  await next(
    'search, no condition',
    'likeness-search',
    ['filter', { meta: { n: {} } }],
    'property',
    'bad-argument',
  );
  await next('search, mended', 'likeness-search', ['filter', ['photos/00.jpg', 'photos/07.jpg']]);
  return all;
}

export const flows: Flow[] = [
  flow<Answer>({
    name: 'elements with `filter` and `exclude`: what takes part is chosen before the nearest are; what is wrong is said there',
    answer: (browser: DrivenBrowser) =>
      withElementSite(
        { 'page.html': html },
        async (site) => {
          const page = await browser.open();
          try {
            await page.goto(`${site.url}page.html`);
            const answer = await steps(page);
            const messages = (await page.messages()).filter(({ type }) => type !== 'log');
            return { steps: answer, warnings: messages.map(({ text }) => text) };
          } finally {
            await page.close().catch(() => {});
          }
        },
        { write: (folder) => writeSearchableSite(folder) },
      ),
    same({ steps: shownThen, warnings }, chromium) {
      const idsOf = (of: Answer['steps']) => Object.entries(of).map(([step, { ids }]) => [step, ids]);
      assert.deepEqual(idsOf(shownThen), idsOf(chromium.steps));
      const of = (step: string): Shown => shownThen[step]!;
      const isBetween = (id: string): boolean => {
        const n = `${searchablePictures.indexOf(id)}`;
        return n >= '1' && n <= '2';
      };

      assert.equal(of('without').ids.length, 3);
      assert.ok(!of('without').ids.includes('photos/03.jpg'));
      assert.equal(of('similar by metadata').ids.length, 3);
      assert.ok(of('similar by metadata').ids.every(isBetween));
      assert.deepEqual(of('similar of ids').ids, of('without').ids.slice(1));
      assert.deepEqual(of('similar, mended'), { ...of('without'), said: '' });
      assert.equal(of('similar, no JSON').ids.length, 0);
      assert.match(
        of('similar, no JSON').said,
        /^filter is "\{\\"meta\\":"; it has to be JSON, e\.g\. \{"meta"/,
      );

      assert.equal(of('search').ids[0], searchablePictures[7]);
      assert.deepEqual(of('search without itself').ids.slice(0, 2), of('search').ids.slice(1));
      assert.equal(of('search by metadata').ids.length, 3);
      assert.ok(of('search by metadata').ids.every(isBetween));
      assert.match(
        of('search, no condition').said,
        /^This search is set up wrongly: filter\.meta\["n"\] is \{\}; it has to be /,
      );
      assert.deepEqual(of('search, mended').ids, ['photos/00.jpg']);
      assert.equal(of('search, mended').said, 'Similar pictures: 1');

      assert.equal(warnings.length, 2, warnings.join('\n'));
      assert.match(warnings[0]!, /<likeness-similar>: filter is "/);
      assert.match(warnings[1]!, /<likeness-search>: filter\.meta\["n"\] is/);
    },
  }),
];
