import { explainSuite } from '../support/explain-suite.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
explainSuite(await import(libraryUrl));
