import { testConsumer } from '../support/consumers/consumer.ts';
import { serveFolder } from '../support/consumers/site.ts';

testConsumer({
  environment: 'HTML with an import map',
  configuration: 'none',
  project: 'import-map',
  pictures: '/index.html',
  vectors: '/index.html',
  prepare: async ({ folder }) => ({ upstream: await serveFolder(folder) }),
});
