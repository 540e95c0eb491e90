import { testExample } from '../support/consumers/example.ts';

testExample({
  name: 'vite',
  out: 'dist',
  lists: { path: '/', count: 24, k: 4 },
  search: '/search.html',
});
