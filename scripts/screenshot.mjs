// node scripts/screenshot.mjs: docs/results.png for the README, the served page over the samples; and docs/similar.png,
//   a page of examples/plain.
// node scripts/screenshot.mjs <folder>: every view of the page there, at three widths, light and dark.
// node scripts/screenshot.mjs --baselines: the same, small, into test/fixtures/page/, for test/full/page-screenshots.
// `--only name`: views with it in their name only (results-360).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { ensureBuilt } from './build.mjs';
import { launchChromium } from './chromium.mjs';
import { hasApt, installPackages } from './debian.mjs';
import { missingFonts } from './fonts.mjs';
import { ensureIndex, photograph, servePage, shots, windows } from './page-views.mjs';
import { serveTree } from './serve-tree.mjs';
import { root } from './setup.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { baselines: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const folder = flags.baselines ? join(root, 'test/fixtures/page') : positionals[0];

await ensureBuilt();
const fonts = missingFonts();
if (fonts.length > 0 && hasApt()) installPackages(fonts);
const servers = [await servePage(), await servePage('-i', ensureIndex())];
const [empty, filled] = servers.map(({ url }) => url);
const browser = await launchChromium();
try {
  if (folder) {
    mkdirSync(folder, { recursive: true });
    const wanted = [...shots()].filter(({ name }) => name.includes(flags.only));
    await photograph(browser, { urls: { empty, filled }, wanted }, async (name, png) => {
      if (flags.baselines) await writeBaseline(png, join(folder, `${name}.webp`));
      else await sharp(png).toFile(join(folder, `${name}.png`));
    });
  } else {
    const wanted = [...shots()].filter(({ name }) => name === `results-${windows.at(-1).width}`);
    await photograph(browser, { urls: { empty, filled }, wanted }, async (name, png) => {
      if (name.endsWith('-light')) await write(png, 'results.png');
    });
    await write(await shootSite(), 'similar.png');
  }
} finally {
  await browser.close();
  for (const server of servers) server.close();
}

/** The example's page with similar pictures, as a PNG. */
async function shootSite() {
  const site = mkdtempSync(join(tmpdir(), 'likeness-screenshot-'));
  const cli = join(root, 'dist/node/cli.js');
  cpSync(join(root, 'examples/plain'), site, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(site, 'node_modules'), 'junction');
  const run = (...args) => spawnSync(process.execPath, args, { cwd: site, stdio: 'inherit' });
  run('copy-photos.js', 'site/photos');
  run(cli, 'site', 'site', '--cache', join(site, 'cache'));
  const server = await serveTree(join(site, 'site'));
  const page = await browser.newPage({ viewport: { width: 1280, height: 490 } });
  await page.goto(server.origin);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('likeness-similar')].slice(0, 6).every(({ results }) => results?.length),
  );
  await page.waitForLoadState('networkidle');
  const png = await page.screenshot();
  await page.close();
  await server.close();
  rmSync(site, { recursive: true, force: true });
  return png;
}

/** A PNG of few colours. */
async function write(png, name) {
  await sharp(png)
    .png({ palette: true, quality: 80 })
    .toFile(join(root, 'docs', name));
}

/** Half as wide: what is compared is coarser still. */
async function writeBaseline(png, file) {
  const { width } = await sharp(png).metadata();
  await sharp(png)
    .resize({ width: width / 2 })
    .webp({ quality: 50, effort: 6 })
    .toFile(file);
}
