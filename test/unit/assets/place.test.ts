import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeFor } from '../../../src/web/place.ts';

const path = 'ort/jspi.js';
/** [what has been done with the code, its URL, what its literal URL is, where the file is]. */
const cases: [string, string, string, string][] = [
  ['nothing', '/a/likeness-chunk-FCEVQQOR.js', '/a/ort/jspi.js', '/a/ort/jspi.js'],
  ['nothing, with a query', '/a/likeness-chunk-FCEVQQOR.js?v=1', '/a/ort/jspi.js', '/a/ort/jspi.js'],
  ['bundled into one file', '/a/main.js', '/a/ort/jspi.js', '/a/likeness/ort/jspi.js'],
  ['bundled into a file of our name', '/a/likeness.js', '/a/ort/jspi.js', '/a/likeness/ort/jspi.js'],
  ['in a chunk named after us', '/a/likeness-B5Yx_q1c.js', '/a/ort/jspi.js', '/a/likeness/ort/jspi.js'],
  [
    'in a chunk named after a chunk of ours',
    '/a/likeness-chunk-FCEVQQOR-BkVz1a_8.js',
    '/a/ort/jspi.js',
    '/a/likeness/ort/jspi.js',
  ],
  ['moved by Vite', '/assets/index-Bk.js', '/assets/jspi-D1.js', '/assets/jspi-D1.js'],
  ['moved by webpack', 'file:///src/dist/web/likeness.js', '/feef21a6.js', '/feef21a6.js'],
  [
    'served by Vite 8',
    '/node_modules/.vite/deps/likeness-search.js?v=1',
    '/node_modules/likeness-search/dist/web/ort/jspi.js?worker_file&type=module',
    '/node_modules/likeness-search/dist/web/ort/jspi.js?worker_file&type=module',
  ],
  [
    'copied by Vite 7 without its files',
    '/base/node_modules/.vite/deps/likeness-search.js?v=1',
    '/base/node_modules/.vite/deps/ort/jspi.js?worker_file&type=module',
    '/base/node_modules/likeness-search/dist/web/ort/jspi.js',
  ],
];

for (const [done, own, literal, place] of cases) {
  test(`files of code that is ${done} are found`, () => {
    const url = (text: string) => new URL(text, 'https://site.example/');
    assert.equal(placeFor(path, url(own), url(literal)), url(place).href);
  });
}
