// npm run dev [-- --port n] [-- -i index]: serves the page, rebuilds what it loads on every change of a source, and reloads
// it. A change below src/cli or assembly/ takes a restart.
import { utimesSync, watch } from 'node:fs';
import { join } from 'node:path';
import { context } from 'esbuild';
import { copyPage, ensureBuilt, forgetBuild, pageBundles } from './build.mjs';
import { root } from './setup.mjs';

await ensureBuilt();
forgetBuild(); // what is in dist/ from now on is for this page only

/** The page looks every half second whether its script is another file. */
const reload = `{
  let seen;
  const look = async () => {
    const { headers } = await fetch(import.meta.url, { method: 'HEAD', cache: 'no-store' });
    const now = headers.get('etag');
    if (seen !== undefined && seen !== now) location.reload();
    seen = now;
  };
  look();
  setInterval(look, 500);
}`;

function tellPage() {
  const now = new Date();
  utimesSync(join(root, 'dist/page/main.js'), now, now);
}

/** Says what was rebuilt; mistakes are esbuild's to say. */
const onRebuilt = {
  name: 'tell the page',
  setup(build) {
    let count = 0; // of two that make the page, nothing is said
    build.onEnd(({ errors }) => {
      if (errors.length > 0) return;
      tellPage();
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
watch(join(root, 'demo'), (_, name) => {
  if (!/\.(html|css|svg)$/.test(name ?? '')) return;
  copyPage();
  tellPage();
  console.log(`Copied ${name}`);
});

process.chdir(process.env.INIT_CWD ?? process.cwd());
process.argv.splice(2, 0, 'serve');
await import('../dist/node/cli.js');
