import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { brotliCompressSync } from 'node:zlib';
import type { Browser } from 'playwright';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { samples } from '../cli.ts';
import { seeded } from '../random.ts';
import { ownPhoto } from './example.ts';
import { createExample, type Project } from './project.ts';
import { type Reference, referenceOf } from './reference.ts';
import { openSite, type Served, serveFolder, servePython, serveSirv, type Upstream } from './site.ts';
import { compareHits, type Hit, listsOf, searchWith, smallPicturesOf, visitSite } from './visit.ts';
import { checkWhole, digestsOf } from './whole-site.ts';

export interface ProofOptions {
  /** How many of the sample photographs the site has, the first ones; default: those that the example has. */
  photographs?: number;
  /** How often the command is killed. */
  kills: number;
}

const cli = 'node_modules/likeness-search/dist/node/cli.js';

/** Bytes of a list of neighbours, of the element's script, and of the other one. */
const [maxPart, maxSimilar, maxSearch] = [10_000, 6_000, 10_000];

/**
 * Declares the tests of a site that Eleventy builds: what a visitor loads and sees, from a server with ranges and from one
 * without, with scripts and without; and that the command gives the same site whatever happened before.
 */
export function proveSite(title: string, { photographs, kills }: ProofOptions): void {
  describe(title, { concurrency: false }, () => {
    let project: Project;
    let browser: Browser;
    let reference: Reference;
    let names: string[];
    const servers: Record<'sirv' | 'http.server', Upstream> = {} as typeof servers;
    const at = (path: string): string => join(project.folder, path);

    before(async () => {
      project = await createExample('eleventy');
      if (photographs !== undefined) {
        const codes = (await readdir(samples)).sort().map((file) => file.slice(0, 4));
        const photos = codes.map((code) => ({ code, name: code.toLowerCase(), title: `Photo ${code}` }));
        await writeFile(at('photos.json'), JSON.stringify(photos.slice(0, photographs)));
      }
      const photos: { name: string }[] = JSON.parse(await readFile(at('photos.json'), 'utf8'));
      names = photos.map(({ name }) => name);
      await project.run('npm run build');
      reference = await referenceOf(project, '_site');
      servers.sirv = await serveSirv(project.folder, '_site');
      servers['http.server'] = await servePython(at('_site'));
      browser = await launchChromium();
    });
    after(async () => {
      await browser?.close();
      for (const server of Object.values(servers)) await server.close();
      await reference?.close();
    });

    for (const server of ['sirv', 'http.server'] as const) {
      test(`${server}: the first list takes the script, the entry and one part`, async () => {
        await visitSite(browser, servers[server], `/${names[0]}/`, async ({ page, served }) => {
          const [list] = await listsOf(page);
          compareHits(list!.results, await reference.neighbours(`photos/${names[0]}.jpg`, 6), names[0]!);
          await smallPicturesOf(page);
          const asked = served.map(({ path }) => path).filter((path) => !path.includes('/small/'));
          const parts = served.filter(({ path }) => path.startsWith('/likeness/similar-'));
          assert.deepEqual(
            asked.sort(),
            [
              `/${names[0]}/`,
              '/likeness/index.json',
              parts[0]!.path,
              '/likeness/similar.js',
              `/photos/${names[0]}.jpg`,
              '/style.css',
            ].sort(),
          );
          assert.ok(parts[0]!.body.length <= maxPart, `${parts[0]!.body.length} bytes`);
          assert.ok(compressed(served, '/likeness/similar.js') <= maxSimilar);
          assert.equal(served.length - asked.length, 6);
        });
      });

      test(`${server}: a search loads nothing before a photo is there, then answers as the command does`, async () => {
        const expected = await reference.query(ownPhoto, 12);
        await visitSite(browser, servers[server], '/search/', async ({ page, context, served }) => {
          await page.waitForLoadState('networkidle');
          const before = served.splice(0);
          assert.deepEqual(before.map(({ path }) => path).sort(), [
            '/likeness/search.js',
            '/search/',
            '/style.css',
          ]);
          assert.ok(compressed(before, '/likeness/search.js') <= maxSearch);
          const found = await searchWith(page, ownPhoto, (text) => {
            assert.match(text, /\d MB/);
            for (const { path } of served.splice(0))
              assert.match(path, /^\/likeness\/(index|search-\w+)\.json$/);
          });
          compareHits(found, expected, 'own photo');
          await smallPicturesOf(page);
          for (const { path } of served)
            assert.match(path, /^\/likeness\/(index\.json$|(lib|model|search|codes|rows|records|small)[-/])/);
          const rows = served.filter(({ path }) => path.startsWith('/likeness/rows-'));
          for (const { status } of rows) assert.equal(status, server === 'sirv' ? 206 : 200);
          // Another page of the same browser, without the network from the moment that it is there.
          const again = await context.newPage();
          await again.goto(page.url(), { waitUntil: 'networkidle' });
          await context.setOffline(true);
          compareHits(await searchWith(again, ownPhoto), expected, 'own photo, offline');
          await context.setOffline(false);
        });
      });
    }

    test('every picture has the list that the command gives', async () => {
      await visitSite(browser, servers.sirv, `/${names[0]}/`, async ({ page }) => {
        await listsOf(page);
        for (const [n, name] of names.entries()) {
          const id = `photos/${name}.jpg`;
          // More than a part has at hand, now and then.
          const k = n % 20 === 0 ? 12 : 6;
          const results = await page.locator('likeness-similar').evaluate(
            (element, [id, k]) =>
              new Promise<Hit[]>((done, failed) => {
                const options = { once: true };
                element.addEventListener(
                  'likeness-results',
                  (event) => done((event as CustomEvent<{ results: Hit[] }>).detail.results),
                  options,
                );
                element.addEventListener(
                  'likeness-error',
                  (event) => failed((event as CustomEvent).detail.error),
                  options,
                );
                element.setAttribute('k', `${k}`);
                element.removeAttribute('for');
                element.setAttribute('src', `/${id}`);
              }),
            [id, k] as const,
          );
          compareHits(results, await reference.neighbours(id, k), id);
        }
      });
    });

    test('without scripts the links in the tag stay, and nothing of the index is loaded', async () => {
      await visitSite(
        browser,
        servers.sirv,
        `/${names[0]}/`,
        async ({ page, served }) => {
          assert.equal(await page.locator('likeness-similar a').isVisible(), true);
          assert.deepEqual(
            served.map(({ path }) => path).sort(),
            [`/${names[0]}/`, `/photos/${names[0]}.jpg`, '/style.css'].sort(),
          );
        },
        { javaScript: false },
      );
    });

    test('from another origin than the page’s', async () => {
      const cdn = await openSite(servers.sirv, { open: true });
      await copySite('elsewhere');
      for (const path of [names[0], 'search']) {
        const file = at(`elsewhere/${path}/index.html`);
        const html = await readFile(file, 'utf8');
        await writeFile(file, html.replaceAll('"/likeness/', `"${cdn.origin}/likeness/`));
      }
      const site = await serveFolder(at('elsewhere'));
      try {
        await visitSite(
          browser,
          site,
          `/${names[0]}/`,
          async ({ page }) => {
            const [list] = await listsOf(page);
            compareHits(list!.results, await reference.neighbours(`photos/${names[0]}.jpg`, 6), names[0]!);
          },
          { alsoAsked: cdn.origin },
        );
        await visitSite(
          browser,
          site,
          '/search/',
          async ({ page }) => {
            compareHits(await searchWith(page, ownPhoto), await reference.query(ownPhoto, 12), 'own photo');
          },
          { alsoAsked: cdn.origin },
        );
      } finally {
        await site.close();
        await cdn.close();
      }
    });

    test('in a sub-path', async () => {
      await project.run('eleventy --pathprefix=/blog/ --output=below/blog');
      await project.run('likeness site below/blog --base /blog/');
      assert.deepEqual(await partsOf(at('below/blog')), await partsOf(at('_site')));
      const site = await serveFolder(at('below'));
      try {
        await visitSite(browser, site, `/blog/${names[0]}/`, async ({ page }) => {
          const [list] = await listsOf(page);
          compareHits(list!.results, await reference.neighbours(`photos/${names[0]}.jpg`, 6), names[0]!);
        });
        await visitSite(browser, site, '/blog/search/', async ({ page }) => {
          compareHits(await searchWith(page, ownPhoto), await reference.query(ownPhoto, 12), 'own photo');
        });
      } finally {
        await site.close();
      }
    });

    test(`killed ${kills} times, the command leaves a whole site each time, and the same one in the end`, async () => {
      await copySite('killed');
      const cache = at('killed-cache');
      await rm(cache, { recursive: true, force: true });
      const start = performance.now();
      await copySite('undisturbed');
      await site('undisturbed', at('undisturbed-cache'));
      const whole = performance.now() - start;
      const random = seeded(kills);
      let killed = 0;
      for (let n = 0; n < kills; n++) {
        const child = spawn(process.execPath, [at(cli), 'site', 'killed', '--cache', cache], {
          cwd: project.folder,
          stdio: 'ignore',
        });
        const ended = once(child, 'exit');
        await Promise.race([ended, wait(whole * random())]);
        child.kill('SIGKILL');
        const [, signal] = await ended;
        if (signal) killed++;
        await checkWhole(at('killed'));
      }
      assert.ok(killed > 0);
      await site('killed', cache);
      assert.deepEqual(await digestsOf(at('killed')), await digestsOf(at('undisturbed')));
    });

    test('changed, moved, deleted and new pictures: the same site as one that is built from nothing', async () => {
      await copySite('changed');
      const cache = at('changed-cache');
      await site('changed', cache);
      const photos = at('changed/photos');
      const photo = (n: number): string => join(photos, `${names[n]}.jpg`);
      const changes = [
        () => cp(join(samples, 'E063.jpeg'), photo(1)),
        async () => {
          await rename(photo(2), join(photos, 'moved.jpg'));
          const page = at(`changed/${names[2]}/index.html`);
          await writeFile(
            page,
            (await readFile(page, 'utf8')).replace(`photos/${names[2]}.jpg`, 'photos/moved.jpg'),
          );
        },
        () => rm(photo(3)),
        () => rm(at(`changed/${names[4]}`), { recursive: true }),
        async () => {
          await cp(photo(0), join(photos, 'twin.jpg'));
          await writeFile(
            at('changed/twin.html'),
            '<title>Twin</title><img src="photos/twin.jpg" alt="A twin">',
          );
        },
      ];
      for (const [n, change] of changes.entries()) {
        await change();
        await site('changed', cache);
        await checkWhole(at('changed'));
        await copySite('fresh', 'changed');
        await site('fresh', at('fresh-cache'));
        assert.deepEqual(await digestsOf(at('changed')), await digestsOf(at('fresh')), `change ${n}`);
      }
    });

    /** A copy of a built site, without what `likeness site` has written. */
    async function copySite(to: string, from = '_site'): Promise<void> {
      await rm(at(to), { recursive: true, force: true });
      await cp(at(from), at(to), { recursive: true, filter: (path) => path !== at(`${from}/likeness`) });
    }

    const site = (folder: string, cache: string): Promise<string> =>
      project.run(`likeness site ${folder} --cache ${cache}`);
  });
}

/** Names of the parts of lists that a site has. */
const partsOf = async (site: string): Promise<string[]> =>
  (await readdir(join(site, 'likeness'))).filter((name) => name.startsWith('similar-')).sort();

/** Bytes of an answer, compressed as a good server does. */
function compressed(served: readonly Served[], path: string): number {
  return brotliCompressSync(served.find((answer) => answer.path === path)!.body).length;
}
