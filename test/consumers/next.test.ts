import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { freePort, serveProgram } from '../support/consumers/site.ts';

for (const bundler of ['turbopack', 'webpack']) {
  testConsumer({
    environment: `Next 16, ${bundler === 'webpack' ? 'webpack' : 'Turbopack'}, standalone output`,
    configuration: 'none',
    project: 'next',
    pictures: '/',
    vectors: '/knn',
    server: '/server',
    async prepare(project) {
      await project.run(`next build --${bundler}`);
      // What Next's documentation tells to copy, to a place where nothing is installed; nor is it where it was built.
      const app = join(project.folder, '../next-standalone');
      await rm(app, { recursive: true, force: true });
      const built = join(project.folder, '.next/static');
      await cp(join(project.folder, '.next/standalone'), app, {
        recursive: true,
        force: true,
        verbatimSymlinks: true,
      });
      await cp(built, join(app, '.next/static'), { recursive: true });
      await rm(join(project.folder, 'node_modules/likeness-search'), { recursive: true });
      const port = await freePort();
      const upstream = await serveProgram(app, port, ['node', 'server.js'], {
        PORT: `${port}`,
        HOSTNAME: 'localhost',
      });
      return { upstream, built: await sizeOf(built) };
    },
  });
}
