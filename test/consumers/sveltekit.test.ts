import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { freePort, serveProgram } from '../support/consumers/site.ts';

testConsumer({
  environment: 'SvelteKit 3, adapter-node',
  configuration: 'none',
  project: 'sveltekit',
  pictures: '/',
  vectors: '/knn',
  server: '/server',
  async prepare(project) {
    await project.run('vite build');
    const port = await freePort();
    const upstream = await serveProgram(project.folder, port, ['node', 'build'], { PORT: `${port}` });
    return { upstream, built: await sizeOf(join(project.folder, '.svelte-kit/output/client')) };
  },
});
