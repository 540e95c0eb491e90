import { testExample } from '../support/consumers/example.ts';

testExample({
  name: 'astro',
  out: 'dist',
  lists: { path: '/plums/', count: 1, k: 6 },
  search: '/search/',
  // Astro 7 needs Node 22.
  add: { node: '22.23.3' },
});
