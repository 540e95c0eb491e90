import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { transfer } from '../../src/base/rpc.ts';
import { sizeIn } from '../../src/cli/serve/shown-size.ts';
import { SmallPictures } from '../../src/cli/serve/small/small-pictures.ts';
import { decode } from '../../src/image/decode.node.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';

const fixtures = join(root, 'test/fixtures/pillow');
const ofMany = [
  'exif-6.jpg',
  'cmyk.jpg',
  'exif-6.png',
  'exif-6.webp',
  'lossy.webp',
  'lossless.webp',
  'grey.gif',
  'raw-8.bmp',
];

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** A large picture, as PNG whose pixels are not a few colours. */
async function writeLarge(path: string, width: number, height: number): Promise<void> {
  const { default: sharp } = await import('sharp');
  await sharp(join(samples, 'A001.jpeg')).resize(width, height, { fit: 'fill' }).toFile(path);
}

test('likeness serve gives small pictures, which lists show; the viewer shows the original', () =>
  withFolder(async (folder) => {
    const pictures = join(folder, 'pictures');
    await mkdir(join(pictures, 'a b'), { recursive: true });
    for (const name of ofMany) await copyFile(join(fixtures, name), join(pictures, name));
    await writeLarge(join(pictures, 'a b/large.jpg'), 1600, 1000);
    await writeLarge(join(pictures, 'wide.png'), 3000, 300);
    for (const name of ['gone.jpg', 'broken.jpg']) await writeLarge(join(pictures, name), 1000, 600);
    const index = join(folder, 'index');
    const made = await likeness('index', pictures, '-o', index);
    assert.equal(made.code, 0, made.stderr);
    await rm(join(pictures, 'gone.jpg'));
    const whole = await readFile(join(pictures, 'broken.jpg'));
    await writeFile(join(pictures, 'broken.jpg'), whole.subarray(0, 3000));

    await withServer(['-i', index], async (url) => {
      const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
        fetch(new URL(path, url), { headers, method });
      const large = 'small/256/a%20b/large.jpg';
      const first = await get(large);
      assert.equal(first.headers.get('content-type'), 'image/webp');
      const bytes = new Uint8Array(await first.arrayBuffer());
      assert.equal(first.headers.get('content-length'), String(bytes.length));
      assert.deepEqual(sizeIn(bytes), [410, 256]);
      assert.deepEqual(
        sizeIn(new Uint8Array(await (await get('small/512/wide.png')).arrayBuffer())),
        [2048, 205],
      );
      // Every format that the library decodes, turned as the original is shown.
      for (const name of ofMany) {
        const answer = await get(`small/512/${name}`);
        assert.equal(answer.status, 200, name);
        const small = await decode(new Uint8Array(await answer.arrayBuffer()), { orient: true });
        const original = await decode(await readFile(join(pictures, name)), { orient: true });
        assert.deepEqual([small.width, small.height], [original.width, original.height], name);
      }
      const head = await get(large, {}, 'HEAD');
      assert.equal(head.headers.get('content-length'), String(bytes.length));

      // Whoever has it does not get it again, until the file is another one.
      const tag = first.headers.get('etag')!;
      const modified = first.headers.get('last-modified')!;
      assert.equal((await get(large, { 'If-None-Match': tag })).status, 304);
      assert.equal((await get(large, { 'If-Modified-Since': modified })).status, 304);
      assert.equal(
        (await get(large, { 'If-None-Match': '"other"', 'If-Modified-Since': modified })).status,
        200,
      );
      assert.equal((await get(large.replace('256', '512'), { 'If-None-Match': tag })).status, 200);
      await writeLarge(join(pictures, 'a b/large.jpg'), 1000, 1600);
      const later = new Date((await stat(join(pictures, 'a b/large.jpg'))).mtimeMs + 5000);
      await utimes(join(pictures, 'a b/large.jpg'), later, later);
      const changed = await get(large, { 'If-None-Match': tag });
      assert.equal(changed.status, 200);
      assert.deepEqual(sizeIn(new Uint8Array(await changed.arrayBuffer())), [160, 256]);

      for (const path of [
        'small/256/gone.jpg',
        'small/100/wide.png',
        'small/256',
        'small/wide.png',
        'small/256/../wide.png',
        'small/256/new.png',
      ])
        assert.equal((await get(path)).status, 404, path);
      // What cannot be decoded is answered as it is.
      for (let n = 0; n < 2; n++) {
        const [small, original] = await Promise.all([
          get('small/256/broken.jpg'),
          get('pictures/broken.jpg'),
        ]);
        assert.deepEqual(await small.arrayBuffer(), await original.arrayBuffer());
        for (const name of ['etag', 'content-type', 'last-modified'])
          assert.equal(small.headers.get(name), original.headers.get(name), name);
      }
      for (const path of ['index/index.json', 'index/features.npy', 'models/index.json']) {
        const whole = await get(path);
        assert.equal(whole.status, 200);
        assert.ok((await whole.arrayBuffer()).byteLength > 0);
        const again = await get(path, { 'If-None-Match': whole.headers.get('etag')! });
        assert.deepEqual([again.status, (await again.arrayBuffer()).byteLength], [304, 0], path);
        assert.equal((await get(path, { 'If-None-Match': '"other"' })).status, 200);
      }

      const asked: string[] = [];
      const expected = /404/;
      await visitPage(
        browser,
        url,
        async (page) => {
          page.on('request', (request) => asked.push(request.url()));
          await page.reload();
          const image = page.locator('.rows a[title="a b/large.jpg"] img');
          await page.waitForFunction(() => {
            const images = [...document.querySelectorAll<HTMLImageElement>('.rows img')];
            return images.length > 5 && images.every(({ naturalWidth }) => naturalWidth > 0);
          });
          assert.equal(await image.getAttribute('src'), new URL(large, url).href);
          assert.deepEqual(
            asked.filter((each) => each.includes('/pictures/')),
            [],
          );
          await page.goto(new URL('?picture=a%20b%2Flarge.jpg', url).href);
          await page.waitForFunction(() =>
            [...document.querySelectorAll<HTMLImageElement>('dialog img')].some(
              (one) => one.naturalHeight === 1600,
            ),
          );
          assert.ok(asked.includes(new URL('pictures/a%20b/large.jpg', url).href));
        },
        { expected },
      );
      const context = await browser.newContext({ deviceScaleFactor: 2, serviceWorkers: 'block' });
      const page = await context.newPage();
      await page.goto(url);
      await page.waitForSelector('.rows a[title="wide.png"] img[src$="/small/512/wide.png"]');
      await context.close();
    });
  }));

test('small pictures are made one at a time and once; what nobody waits for is not made; the cache has a bound', () =>
  withFolder(async (folder) => {
    const made: number[] = [];
    let atOnce = 0;
    let most = 0;
    let release: () => void = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    const pictures = new SmallPictures({
      threads: 1,
      cacheBytes: 3000,
      start: () => ({
        calls: {
          async make(file: Uint8Array) {
            most = Math.max(most, ++atOnce);
            made.push(file[0]!);
            await held;
            atOnce--;
            return transfer(new Uint8Array(1000), []);
          },
        },
        end() {},
      }),
    });
    const path = (n: number): string => join(folder, 'files', String(n));
    await mkdir(dirname(path(0)));
    for (let n = 0; n < 5; n++) await writeFile(path(n), Uint8Array.of(n));
    const stays = new AbortController().signal;
    const leaves = new AbortController();
    const running = pictures.of(path(0), 'v', 256, stays);
    await new Promise((done) => setTimeout(done, 20));
    const twice = [1, 1].map((n) => pictures.of(path(n), 'v', 256, stays));
    const dropped = pictures.of(path(2), 'v', 256, leaves.signal);
    const half = [leaves.signal, stays].map((signal) => pictures.of(path(3), 'v', 256, signal));
    assert.equal(pictures.queued, 3);
    leaves.abort();
    assert.equal(await dropped, undefined);
    assert.equal(pictures.queued, 2);
    release();
    assert.equal((await running)?.length, 1000);
    assert.deepEqual(
      (await Promise.all(twice)).map((bytes) => bytes?.length),
      [1000, 1000],
    );
    assert.deepEqual(
      (await Promise.all(half)).map((bytes) => bytes?.length),
      [undefined, 1000],
    );
    assert.deepEqual([made, most], [[0, 1, 3], 1]);
    // The last two are there, the first one had to go; another version is made anew.
    await pictures.of(path(3), 'v', 256, stays);
    await pictures.of(path(1), 'v', 256, stays);
    assert.equal(made.length, 3);
    await pictures.of(path(0), 'v', 256, stays);
    await pictures.of(path(0), 'w', 256, stays);
    assert.deepEqual(made, [0, 1, 3, 0, 0]);
    await assert.rejects(pictures.of(path(9), 'v', 256, stays), { code: 'ENOENT' });
  }));
