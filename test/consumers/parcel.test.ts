import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { serveFolder } from '../support/consumers/site.ts';

testConsumer({
  environment: 'Parcel',
  configuration:
    'in package.json `"@parcel/resolver-default": { "packageExports": true }`; `cp -r node_modules/likeness-search/dist/web dist/likeness`; `open({ assets: \'/likeness/\' })`',
  project: 'parcel',
  pictures: '/index.html',
  vectors: '/knn.html',
  async prepare(project) {
    const out = join(project.folder, 'dist');
    await project.run('parcel build index.html knn.html --no-cache --no-source-maps');
    await cp(join(project.folder, 'node_modules/likeness-search/dist/web'), join(out, 'likeness'), {
      recursive: true,
    });
    return { upstream: await serveFolder(out), built: await sizeOf(out) };
  },
});
