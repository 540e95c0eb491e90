// npm run dev [-- --port n] [-- -i index]: serves the page, rebuilds what it loads on every change of a source, and reloads
// it. A change below src/cli or assembly/ takes a restart.
import { mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { context } from 'esbuild';
import { copyPage, ensureBuilt, forgetBuild, pageBundles } from './build.mjs';
import { root } from './setup.mjs';
import { buildShaders } from './shaders.mjs';

await ensureBuilt();
forgetBuild(); // what is in dist/ from now on is for this page only

/**
 * The page asks every half second for its HTML, which says when something was built last. A page loads its HTML before all
 * else, so it misses no change.
 */
const reload = `setInterval(async () => {
  const [, built] = /name="built" content="(.*?)"/.exec(await (await fetch('./', { cache: 'no-store' })).text()) ?? [];
  if (built && built !== document.querySelector('meta[name=built]').content) location.reload();
}, 500);`;

let builds = 0;
function tellPage() {
  copyPage();
  const page = join(root, 'dist/page/index.html');
  const mark = `<meta name="built" content="${++builds}">`;
  writeFileSync(page, readFileSync(page, 'utf8').replace('</head>', `${mark}</head>`));
}

/** Says what was rebuilt; mistakes are esbuild's to say. Files are written here: esbuild writes them after `onEnd`. */
const onRebuilt = {
  name: 'tell the page',
  setup(build) {
    const written = build.initialOptions.write === false; // by another plugin
    build.initialOptions.write = false;
    let count = 0;
    build.onEnd(({ errors, outputFiles = [] }) => {
      if (errors.length > 0) return;
      for (const { path, contents } of written ? [] : outputFiles) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, contents);
      }
      tellPage();
      // The two builds of the page print nothing.
      if (count++ > 1) console.log(`Rebuilt ${Object.keys(build.initialOptions.entryPoints).join(', ')}`);
    });
  },
};

const [page, ...library] = pageBundles();
for (const options of [{ ...page, banner: { js: reload } }, ...library]) {
  const plugins = [...(options.plugins ?? []), onRebuilt];
  const bundle = await context({ ...options, plugins, minify: false, sourcemap: 'inline' });
  await bundle.rebuild(); // so that the page comes with it
  await bundle.watch();
}
// esbuild does not see the files that a shader includes.
watch(join(root, 'shaders'), { recursive: true }, () => buildShaders());
// Scripts and styles are bundled; the rest of the page is copied.
watch(join(root, 'page'), (_, name) => {
  if (!/\.(html|svg)$/.test(name ?? '')) return;
  tellPage();
  console.log(`Copied ${name}`);
});

process.chdir(process.env.INIT_CWD ?? process.cwd());
process.argv.splice(2, 0, 'serve');
await import('../dist/node/cli.js');
