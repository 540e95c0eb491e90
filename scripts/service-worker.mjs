// Builds the page's service worker. It knows every file of this build with its hash, so it comes after all of them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of these a visitor may never need any, or the library itself keeps them: they are not fetched ahead. */
const leftOut = /^dist\/web\/(ort|decoders|models)\/|^(gpu-worker|service-worker)\.js$|^samples\/|\.map$/;

/** Files of the page's folder as the page asks for them, with their hashes. */
function precached(root) {
  const list = [];
  const add = (folder, prefix) => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const url = prefix + path.slice(folder.length + 1).replaceAll('\\', '/');
      if (leftOut.test(url)) continue;
      list.push({
        url,
        revision: createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16),
      });
    }
  };
  add(join(root, 'dist/page'), '');
  add(join(root, 'dist/web'), 'dist/web/');
  return list.sort((a, b) => (a.url < b.url ? -1 : 1));
}

/** @param {import('esbuild').BuildOptions} options of all bundles for browsers */
export async function buildServiceWorker(root, options) {
  const { build } = await import('esbuild');
  const files = precached(root);
  const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  await build({
    ...options,
    format: 'iife',
    minify: true,
    entryPoints: { 'service-worker': 'page/service-worker/main.ts' },
    outdir: 'dist/page',
    define: {
      PRECACHED: JSON.stringify(files),
      VERSION: JSON.stringify(version),
      'process.env.NODE_ENV': '"production"',
      'self.__WB_DISABLE_DEV_LOGS': 'true',
    },
  });
}
