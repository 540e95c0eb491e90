// `likeness site` is ended at any moment: the index that was there stays whole, and the next run makes what an undisturbed
// one makes. And what is slow to make: a picture of 100 megapixels, a site of 5,000 pages.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { crc32 } from '../../src/base/crc32.ts';
import { likeness, likenessMeasured, root, withFolder } from '../support/cli.ts';
import { seeded } from '../support/random.ts';
import { fillSite, pageOf, photographs, readSite, smallSite, snapshot } from '../support/site.ts';

const run = (folder: string, cache: string): Promise<{ code: number; stderr: string; stdout: string }> =>
  likeness('site', folder, '--cache', cache, '--json');

/** Runs the command and kills it after a time. Resolves to whether it was killed. */
function killed(folder: string, cache: string, milliseconds: number): Promise<boolean> {
  const args = [join(root, 'dist/node/cli.js'), 'site', folder, '--cache', cache, '--quiet'];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('exit', (_, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

describe('likeness site', () => {
  test('killed 20 times', { timeout: 600_000 }, async () => {
    await withFolder(async (outer) => {
      const [folder, cache] = [join(outer, 'site'), join(outer, 'cache')];
      await smallSite(folder, 16);
      const undisturbed = join(outer, 'undisturbed');
      await cp(folder, undisturbed, { recursive: true });
      const start = performance.now();
      assert.equal((await run(undisturbed, join(outer, 'other'))).code, 0);
      const usual = performance.now() - start;
      const wanted = await snapshot(undisturbed);
      const random = seeded(1);
      let kills = 0;
      for (let attempt = 0; kills < 20; attempt++) {
        assert.ok(attempt < 200, `killed ${kills} times`);
        // From nothing, from a cache that is part filled, over the whole index of another state.
        if (attempt % 4 === 0) await rm(cache, { recursive: true, force: true });
        const isThere = attempt % 2 === 1;
        await rm(join(folder, 'likeness'), { recursive: true, force: true });
        if (isThere) {
          await rm(join(folder, 'photos/E003.jpg'));
          assert.equal((await run(folder, join(outer, 'other'))).code, 0);
          await cp(join(undisturbed, 'photos/E003.jpg'), join(folder, 'photos/E003.jpg'));
        }
        if (await killed(folder, cache, usual * random())) kills++;
        // Either index is whole.
        if (isThere) assert.ok([15, 16].includes((await readSite(folder)).lists.size));
        const { code, stderr } = await run(folder, cache);
        assert.equal(code, 0, stderr);
        assert.deepEqual(await snapshot(folder), wanted);
      }
    });
  });

  test('a picture of 100 megapixels is read in bounded memory, a larger one refused by name', {
    timeout: 300_000,
  }, async () => {
    await withFolder(async (outer) => {
      const folder = join(outer, 'site');
      await smallSite(folder, 3);
      await fillSite(folder, {
        'large.png': png(10_000, 10_000),
        'beyond.png': png(20_000, 20_000),
        'a.html': pageOf('A', 'large.png', 'beyond.png'),
      });
      const { code, stdout, stderr, peakMegabytes } = await likenessMeasured(
        'site',
        folder,
        '--json',
        '--cache',
        join(outer, 'cache'),
      );
      assert.equal(code, 0, stderr);
      const { pictures, failed } = JSON.parse(stdout);
      assert.equal(pictures, 4);
      assert.equal(failed.length, 1);
      assert.equal(failed[0].id, 'beyond.png');
      assert.match(failed[0].message, /400 million pixels; the limit is 268 million/);
      assert.ok(peakMegabytes < 900, `${peakMegabytes} MB`);
    });
  });

  test('a site of 5,000 pages', { timeout: 300_000 }, async () => {
    await withFolder(async (outer) => {
      const [folder, cache] = [join(outer, 'site'), join(outer, 'cache')];
      await smallSite(folder, 16);
      for (let from = 0; from < 5000; from += 500) {
        const pages = Array.from({ length: 500 }, (_, n): [string, string] => [
          `p/${from + n}/index.html`,
          pageOf(`Page ${from + n}`, `photos/${photographs[(from + n) % 16]}.jpg`, 'logo.jpg'),
        ]);
        await fillSite(folder, Object.fromEntries(pages));
      }
      await cp(join(folder, 'photos/A001.jpg'), join(folder, 'logo.jpg'));
      await writeFile(join(folder, 'broken.html'), '<div>'.repeat(100_000));
      const { code, stdout, stderr } = await run(folder, cache);
      assert.equal(code, 0, stderr);
      const summary = JSON.parse(stdout);
      assert.deepEqual([summary.pages, summary.pictures, summary.extracted], [5003, 17, 16]);
      const { records } = await readSite(folder);
      assert.equal(records.find(({ id }) => id === 'logo.jpg')!.places.length, 5000);
    });
  });
});

/** A PNG of 8-bit grey lines. */
function png(width: number, height: number): Uint8Array {
  const line = Buffer.alloc(width + 1, 128);
  line[0] = 0;
  const data = deflateSync(Buffer.alloc((width + 1) * height, line), { level: 1 });
  const chunk = (name: string, content: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(content.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  return Buffer.concat([magic, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}
