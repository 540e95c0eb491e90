import { testExample } from '../support/consumers/example.ts';

testExample({
  name: 'plain',
  out: 'site',
  lists: { path: '/', count: 24, k: 4 },
  search: '/search.html',
});
