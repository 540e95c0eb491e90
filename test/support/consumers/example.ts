import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { samples } from '../cli.ts';
import { createExample, type Project } from './project.ts';
import { type Reference, referenceOf } from './reference.ts';
import { serveFolder, type Upstream } from './site.ts';
import { compareHits, listsOf, searchWith, smallPicturesOf, visitSite } from './visit.ts';

/** A project of `examples`. */
export interface Example {
  name: string;
  /** Where its build goes. */
  out: string;
  /** A page with pictures and their lists, and how many of them. */
  lists: { path: string; count: number; k: number };
  /** The page with `<likeness-search>`. */
  search: string;
  /** Default: a server that answers a path by the file of that name, or the `index.html` in it. */
  serve?: (project: Project) => Promise<Upstream>;
  /** Packages that it needs on this machine only, with their versions. */
  add?: Record<string, string>;
}

export interface Built {
  project: Project;
  browser: Browser;
  reference: Reference;
  upstream: Upstream;
}

/** A photograph that is on none of the examples' sites. */
export const ownPhoto: string = join(samples, 'E003.jpeg');

/** The path within the site of a picture that a page at its root, or with a path from the root, names. */
const idOf = (src: string): string => decodeURI(src.replace(/^\.?\//, ''));

/**
 * Declares the tests of an example: it is built as its README tells, opened, and answers as `likeness query` does.
 *
 * @param more declares further tests
 */
export function testExample(example: Example, more?: (built: () => Built) => void): void {
  describe(`examples/${example.name}`, { concurrency: false }, () => {
    let built: Built | undefined;

    before(async () => {
      const project = await createExample(example.name, example.add);
      await project.run('npm run build');
      const reference = await referenceOf(project, example.out);
      const upstream = await (example.serve?.(project) ?? serveFolder(join(project.folder, example.out)));
      built = { project, reference, upstream, browser: await launchChromium() };
    });
    after(async () => {
      await built?.browser.close();
      await built?.upstream.close();
      await built?.reference.close();
    });

    test('each picture has its list', async () => {
      const { browser, upstream, reference } = built!;
      const { path, count, k } = example.lists;
      await visitSite(browser, upstream, path, async ({ page }) => {
        const lists = await listsOf(page);
        assert.equal(lists.length, count);
        for (const { src, results } of lists)
          compareHits(results, await reference.neighbours(idOf(src), k), src);
        assert.equal(await smallPicturesOf(page), count * k);
      });
    });

    test('a search with a photo of one’s own answers as the command does', async () => {
      const { browser, upstream, reference } = built!;
      await visitSite(browser, upstream, example.search, async ({ page }) => {
        const hits = await searchWith(page, ownPhoto);
        assert.equal(hits.length, 12);
        compareHits(hits, await reference.query(ownPhoto, 12), 'own photo');
        assert.equal(await smallPicturesOf(page), 12);
      });
    });

    more?.(() => built!);
  });
}
