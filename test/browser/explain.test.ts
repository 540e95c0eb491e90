import { explainSuite, sameOnWebGpu } from '../support/explain-suite.ts';
import { fullTest } from '../support/full.ts';
import { needs } from '../support/needs.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
const library = await import(libraryUrl);
explainSuite(library);

fullTest('a network on WebGPU is explained by the same kernels', await needs('webgpu'), () =>
  sameOnWebGpu(library),
);
