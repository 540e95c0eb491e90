import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { serveFolder } from '../support/consumers/site.ts';

for (const [format, page] of [
  ['esm', 'index.html'],
  ['iife', 'iife.html'],
] as const) {
  testConsumer({
    environment: `esbuild, ${format === 'esm' ? 'ESM' : 'IIFE'}`,
    configuration: '`cp -r node_modules/likeness-search/dist/web out/likeness`',
    project: 'esbuild',
    pictures: `/${page}`,
    vectors: `/knn-${page}`,
    async prepare(project) {
      const out = join(project.folder, 'out');
      await project.run(
        `esbuild lib/pictures-page.js lib/vectors-page.js --bundle --minify --format=${format} --outdir=out`,
      );
      await cp(join(project.folder, 'node_modules/likeness-search/dist/web'), join(out, 'likeness'), {
        recursive: true,
      });
      await cp(join(project.folder, 'public'), out, { recursive: true });
      return { upstream: await serveFolder(out), built: await sizeOf(out) };
    },
  });
}
