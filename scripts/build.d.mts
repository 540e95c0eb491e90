import type { BuildOptions } from 'esbuild';

/** What a page loads, as options of esbuild. */
export function pageBundles(): BuildOptions[];
