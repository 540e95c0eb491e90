import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { launchChromium } from '../../scripts/chromium.mjs';
import { Site } from '../../src/elements/site.ts';
import type { StaticEntry } from '../../src/static-index/types.ts';
import { root } from '../support/cli.ts';
import { withElementSite } from '../support/element-site.ts';

interface Named {
  name: string;
  default?: string;
  attribute?: string;
  readonly?: boolean;
  kind?: string;
}
interface Declaration {
  name: string;
  tagName: string;
  attributes: Named[];
  members: Named[];
  events: Named[];
  cssParts: Named[];
  cssProperties: Named[];
}

const manifest = JSON.parse(readFileSync(join(root, 'custom-elements.json'), 'utf8')) as {
  modules: { path: string; declarations: Declaration[] }[];
};
const namesOf = (list: Named[]): string[] => list.map(({ name }) => name).sort();
const distinct = (list: Iterable<string>): string[] => [...new Set(list)].sort();

describe('custom elements', () => {
  for (const { path, declarations } of manifest.modules) {
    const script = readFileSync(join(root, path), 'utf8');
    for (const declaration of declarations) {
      test(`${declaration.tagName}: custom-elements.json is true, and the module is imported where there is no DOM`, async () => {
        assert.equal('HTMLElement' in globalThis || 'customElements' in globalThis, false);
        const module = await import(pathToFileURL(join(root, path)).href);
        const element = module[declaration.name];
        assert.deepEqual([...element.observedAttributes].sort(), namesOf(declaration.attributes));
        for (const { name, kind, readonly = false, attribute } of declaration.members) {
          let { prototype } = element;
          while (prototype && !Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype);
          const { get, set, value } = Object.getOwnPropertyDescriptor(prototype, name)!;
          if (kind === 'method') assert.equal(typeof value, 'function', name);
          else assert.deepEqual([typeof get, set === undefined], ['function', readonly], name);
          if (attribute) assert.ok(element.observedAttributes.includes(attribute), attribute);
        }
        const events = [...script.matchAll(/likeness-(?:results|error|progress)/g)].map(([name]) => name);
        assert.deepEqual(distinct(events), namesOf(declaration.events));
        const properties = [...script.matchAll(/var\((--likeness-[\w-]+),\s*([^(){}]*)\)/g)];
        assert.deepEqual(
          distinct(properties.map(([, name, value]) => `${name}: ${value}`)),
          declaration.cssProperties.map((property) => `${property.name}: ${property.default}`).sort(),
        );
        assert.match(script, new RegExp(`["'\`]${declaration.tagName}["'\`]`));
      });
    }
  }

  test('their scripts hold nothing but src/elements, src/static-index and src/base, and import nothing at once', async () => {
    const scripts = await import(pathToFileURL(join(root, 'scripts/build.mjs')).href);
    const { metafile } = await build({ ...scripts.elementsBundle, metafile: true, write: false });
    assert.deepEqual(
      Object.keys(metafile!.inputs).filter((path) => !/^src\/(elements|static-index|base)\//.test(path)),
      [],
    );
    for (const [path, { imports }] of Object.entries(metafile!.outputs)) assert.deepEqual(imports, [], path);
  });

  test('a program without side effects of its own keeps them', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "import 'likeness-search/elements/similar.js';", resolveDir: root },
      bundle: true,
      write: false,
      format: 'esm',
    });
    assert.match(outputFiles[0]!.text, /customElements/);
  });

  test('the package is found by its exports, and needs no DOM', () => {
    const program = `const { LikenessSimilar } = await import('likeness-search/elements/similar.js');
      console.log(LikenessSimilar.name.length > 0, typeof document);`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(said, 'true undefined\n');
  });

  test('without JavaScript what is inside the element is there, and nothing of the index is asked for', async () => {
    const html =
      '<likeness-similar src="photos/0.jpg"><a href="all.html">All</a></likeness-similar><script type="module" src="likeness/similar.js"></script>';
    await withElementSite({ 'page.html': html }, async (site) => {
      const browser = await launchChromium();
      try {
        const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
        await page.goto(`${site.url}page.html`);
        assert.ok(await page.getByRole('link', { name: 'All' }).isVisible());
        assert.deepEqual(
          site.asked.filter(({ path }) => path !== 'likeness/similar.js'),
          [],
        );
      } finally {
        await browser.close();
      }
    });
  });
});

test('a file is found by every spelling of its URL', () => {
  const { document, location } = globalThis;
  Object.assign(globalThis, {
    document: { baseURI: 'https://shop.example/it%27s%20here/a.html' },
    location: new URL('https://shop.example/it%27s%20here/a.html'),
  });
  try {
    const entry = { root: '../', base: '/blog/' } as StaticEntry;
    const site = new Site("https://shop.example/it's here/likeness/", entry);
    for (const [url, path] of [
      ['photos/1.jpg', 'photos/1.jpg'],
      ["/it's here/photos/%C3%A9.jpg?v=1#x", 'photos/é.jpg'],
      ['/it%27s%20here/photos/é.jpg', 'photos/é.jpg'],
      ['photos/100%.jpg', 'photos/100%.jpg'],
      ['photos/100%25.jpg', 'photos/100%.jpg'],
      ['photos/%ff.jpg', 'photos/%ff.jpg'],
      ['/blog/b.jpg', 'b.jpg'],
      ['/elsewhere/c.jpg', undefined],
      ['https://other.example/it%27s%20here/d.jpg', undefined],
      ['data:image/png;base64,AA==', undefined],
      ['http://[', undefined],
    ] as const)
      assert.equal(site.pathOf(url), path, url);
  } finally {
    Object.assign(globalThis, { document, location });
  }
});
