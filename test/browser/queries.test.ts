import { queriesSuite } from '../support/queries-suite.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
queriesSuite(await import(libraryUrl));
