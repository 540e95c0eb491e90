import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { serveFolder } from '../support/consumers/site.ts';

testConsumer({
  environment: 'Vite 8, workers and a file of one’s own place (`?worker`, `?url`)',
  configuration: '`open({ assets, worker })`',
  project: 'own-place',
  pictures: '/',
  vectors: '/',
  async prepare(project) {
    await project.run('vite build');
    const dist = join(project.folder, 'dist');
    return { upstream: await serveFolder(dist), built: await sizeOf(dist) };
  },
});
