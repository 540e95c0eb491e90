// JPEG, BMP, PNG, GIF and WebP files of many kinds, odd and damaged ones too: Node and Chromium are asked, and Pillow.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { ensurePython } from '../../../scripts/python.mjs';
import { serveTree } from '../../../scripts/serve-tree.mjs';
import { decode, decodeWithoutSharp } from '../../../src/image/decode.node.ts';
import { root } from '../../support/cli.ts';
import { answerTo, faultOf, type PictureAnswer, type PictureCase } from '../../support/picture-cases.ts';

const folder = join(root, 'build/test/pictures');

describe('picture files of all kinds, and what the system’s Pillow makes of them', () => {
  let cases: PictureCase[] = [];
  const inNode: PictureAnswer[] = [];
  let inPage: PictureAnswer[] = [];
  let server: Awaited<ReturnType<typeof serveTree>>;
  let browser: Browser;
  let page: Page;

  before(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const script = join(root, 'scripts/fixtures/pictures.py');
    execFileSync(ensurePython(), [script, folder, join(root, 'test/cases/pictures')], { stdio: 'inherit' });
    cases = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).cases;
    for (const { file } of cases)
      inNode.push(await answerTo(decode, new Uint8Array(readFileSync(join(folder, file)))));

    const { build } = await import('esbuild');
    await build({
      absWorkingDir: root,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      loader: { '.wasm': 'binary' },
      logLevel: 'warning',
      splitting: true,
      external: ['node:*'],
      entryPoints: ['test/support/picture-page.ts'],
      outdir: join(folder, 'page'),
    });
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">',
    );
    server = await serveTree(folder);
    browser = await launchChromium();
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${server.origin}/index.html`);
    inPage = await page.evaluate(
      async (urls) => {
        const { answersTo } = await import(`${location.origin}/page/picture-page.js`);
        return answersTo(urls);
      },
      cases.map(({ file }) => `/${encodeURIComponent(file)}`),
    );
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const faults = (answers: PictureAnswer[]) =>
    cases.flatMap((expected, i) => {
      const fault = faultOf(expected, answers[i]!);
      return fault ? [`${expected.file}: ${fault}`] : [];
    });

  test('there are enough of each kind', () => {
    assert.ok(cases.length > 1100, `${cases.length} files`);
    for (const want of ['equal', 'either'])
      for (const ending of ['jpg', 'png', 'bmp', 'webp', ...(want === 'either' ? ['gif'] : [])]) {
        const count = cases.filter((c) => c.want === want && c.file.endsWith(`.${ending}`)).length;
        assert.ok(count >= 30, `${count} of .${ending}, ${want}`);
      }
  });

  test('in Node each is equal to Pillow, or refused where it is to be', () => {
    assert.equal(inNode.length, cases.length);
    assert.deepEqual(faults(inNode), []);
  });

  test('in Node without sharp, too, but for a few in which bits have flipped', async () => {
    const compared = cases.filter(({ file }) => /\.(jpg|webp)$/.test(file));
    assert.ok(compared.length > 500, `${compared.length} files`);
    let flipped = 0;
    const faulty: string[] = [];
    for (const expected of compared) {
      const bytes = new Uint8Array(readFileSync(join(folder, expected.file)));
      const fault = faultOf(expected, await answerTo(decodeWithoutSharp, bytes));
      if (!fault) continue;
      if (fault === 'unlike Pillow' && /^(flipped|damaged)-.*\.jpg$/.test(expected.file)) flipped++;
      else faulty.push(`${expected.file}: ${fault}`);
    }
    assert.deepEqual(faulty, []);
    assert.ok(flipped < 10, `${flipped} differ`);
  });

  test('in Chromium each is equal to Pillow, or refused where it is to be', () => {
    assert.equal(inPage.length, cases.length);
    assert.deepEqual(faults(inPage), []);
  });

  test('Node and Chromium agree, also where Pillow reads nothing', () => {
    const differing = cases.flatMap(({ file }, i) => {
      const [a, b] = [inNode[i]!, inPage[i]!];
      const same = 'refused' in a ? 'refused' in b : JSON.stringify(a) === JSON.stringify(b);
      return same ? [] : [file];
    });
    assert.deepEqual(differing, []);
  });
});
