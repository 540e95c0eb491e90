import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { launchChromium } from '../../scripts/chromium.mjs';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root } from '../support/cli.ts';

type Errors = typeof import('../../src/base/errors.ts');

/** The module once more, as a bundler puts it into each of two bundles. */
async function copy(name: string): Promise<Errors> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/base/errors.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    footer: { js: `// ${name}` },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`);
}

test('errors of two copies of the code are told by either; their subclasses are apart', async () => {
  const [one, other] = await Promise.all([copy('one'), copy('other')]);
  assert.notEqual(one.LikenessError, other.LikenessError);
  const error = new one.LikenessError('closed', 'of the first');
  assert.ok(error instanceof other.LikenessError);
  assert.ok(new other.LikenessError('closed', '') instanceof one.LikenessError);

  class Told extends other.LikenessError {}
  assert.ok(new Told('closed', '') instanceof one.LikenessError);
  assert.ok(!(error instanceof Told));
});

test('both entries have the one class', async (t) => {
  const node = [await import('likeness-search'), await import('likeness-search/knn')];
  assert.equal(node[0]!.LikenessError, node[1]!.LikenessError);

  const server = await serveTree(join(root, 'dist/web'));
  t.after(() => server.close());
  const browser = await launchChromium();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${server.origin}/models/vgg16-compact/manifest.json`);
  const same = await page.evaluate(async () => {
    const paths = ['/likeness.js', '/likeness-knn.js'];
    const [main, knn] = await Promise.all(paths.map((path) => import(path)));
    return typeof main.LikenessError === 'function' && main.LikenessError === knn.LikenessError;
  });
  assert.equal(same, true);
});

test('an error of either entry is told by the class of the other', async () => {
  const main = await import('likeness-search');
  const knn = await import('likeness-search/knn');
  await assert.rejects(
    knn.FlatIndex.create({ dimension: 0 }),
    (error) => error instanceof main.LikenessError,
  );
  await assert.rejects(main.ImageSearch.open({ threads: -1 }), (error) => error instanceof knn.LikenessError);
});
