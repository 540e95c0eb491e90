import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { testConsumer } from '../support/consumers/consumer.ts';
import { sizeOf } from '../support/consumers/project.ts';
import { serveFolder } from '../support/consumers/site.ts';

const pages = { app: './lib/pictures-page.js', vectors: './lib/vectors-page.js' };

testConsumer({
  environment: 'webpack 5, production',
  configuration: 'none',
  project: 'webpack',
  pictures: '/app/index.html',
  vectors: '/vectors/knn.html',
  async prepare(project) {
    const out = join(project.folder, 'dist');
    for (const [name, entry] of Object.entries(pages)) {
      const folder = join(out, name);
      await project.run(
        `webpack-cli build --mode production --entry ${entry} -o dist/${name} --output-filename ${name}.js`,
      );
      await cp(join(project.folder, 'public'), folder, { recursive: true });
    }
    return { upstream: await serveFolder(out), built: await sizeOf(join(out, 'app')) };
  },
});
