import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    assetsInlineLimit: 0, // no picture becomes a part of a page's text
    rolldownOptions: { input: ['index.html', 'search.html'] },
  },
});
