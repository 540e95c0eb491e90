import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { serveFolder } from '../support/consumers/site.ts';

testConsumer({
  environment: 'Rollup',
  configuration: '`@rollup/plugin-node-resolve`; `cp -r node_modules/likeness-search/dist/web out/likeness`',
  project: 'rollup',
  pictures: '/index.html',
  vectors: '/knn.html',
  async prepare(project) {
    const out = join(project.folder, 'out');
    await project.run('rollup lib/pictures-page.js lib/vectors-page.js -d out -p node-resolve');
    await cp(join(project.folder, 'node_modules/likeness-search/dist/web'), join(out, 'likeness'), {
      recursive: true,
    });
    await cp(join(project.folder, 'public'), out, { recursive: true });
    return { upstream: await serveFolder(out), built: await sizeOf(out) };
  },
});
