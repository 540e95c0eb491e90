import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { freePort, serveFolder, serveProgram } from '../support/consumers/site.ts';

for (const version of [8, 7]) {
  const project = `vite${version}`;
  testConsumer({
    environment: `Vite ${version}, development`,
    configuration: 'none',
    project,
    pictures: '/',
    vectors: '/knn/',
    async prepare({ folder }) {
      const port = await freePort();
      return { upstream: await serveProgram(folder, port, ['vite', '--port', `${port}`, '--strictPort']) };
    },
  });
  testConsumer({
    environment: `Vite ${version}, build`,
    configuration: 'none',
    project,
    pictures: '/',
    vectors: '/knn/',
    async prepare(project) {
      await project.run('vite build');
      const dist = join(project.folder, 'dist');
      const built = await sizeOf(dist);
      await project.run('vite build knn --base /knn/ --outDir ../dist/knn');
      return { upstream: await serveFolder(dist), built };
    },
  });
  testConsumer({
    environment: `Vite ${version}, build with \`base\` on another origin`,
    configuration: 'none; the other origin sends `Access-Control-Allow-Origin`',
    project,
    pictures: '/index.html',
    vectors: '/knn/index.html',
    async prepare(project) {
      const port = await freePort();
      const [cdn, site] = ['cdn', 'site'].map((name) => join(project.folder, name)) as [string, string];
      await project.run(`vite build --base http://localhost:${port}/v1/ --outDir cdn/v1`);
      const built = await sizeOf(cdn);
      await project.run(`vite build knn --base http://localhost:${port}/v1/knn/ --outDir ../cdn/v1/knn`);
      await mkdir(site);
      await cp(join(cdn, 'v1/index.html'), join(site, 'index.html'));
      await cp(join(cdn, 'v1/knn/index.html'), join(site, 'knn/index.html'));
      return {
        upstream: await serveFolder(site),
        cdn: { upstream: await serveFolder(cdn), port },
        built,
      };
    },
  });
}
