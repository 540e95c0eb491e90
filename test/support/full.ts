import { test } from 'node:test';

declare const LIKENESS_FULL: boolean; // put in by scripts/test.mjs

/** Whether this is `npm run test:full`. */
export const full = LIKENESS_FULL;

/** Registers a test that takes a GPU's work on a CPU long, and that few changes touch: for `npm run test:full`. */
export const fullTest: typeof test = full ? test : ((() => undefined) as unknown as typeof test);
