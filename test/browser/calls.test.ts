import { callsSuite } from '../support/calls-suite.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
callsSuite(await import(libraryUrl));
