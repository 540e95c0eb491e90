import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { serveFolder } from '../support/consumers/site.ts';

testConsumer({
  environment: 'HTML with a vendored folder, in a sub-path',
  configuration: '`cp -r node_modules/likeness-search/dist/web public/likeness`',
  project: 'vendored',
  pictures: '/sub/path/index.html',
  vectors: '/sub/path/index.html',
  async prepare({ folder }) {
    const site = join(folder, 'public/sub/path');
    await cp(join(folder, 'lib'), join(site, 'lib'), { recursive: true });
    await cp(join(folder, 'node_modules/likeness-search/dist/web'), join(site, 'likeness'), {
      recursive: true,
    });
    return { upstream: await serveFolder(join(folder, 'public')), built: await sizeOf(site) };
  },
});
