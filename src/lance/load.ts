import { createRequire } from 'node:module';
import { LikenessError } from '../base/errors.ts';

export type Lancedb = typeof import('@lancedb/lancedb');
export type Arrow = typeof import('apache-arrow');

/** LanceDB and the copy of Arrow that it uses itself: it refuses the types of another copy. */
export interface Engine {
  lancedb: Lancedb;
  arrow: Arrow;
}

/**
 * Loads LanceDB, which is installed beside this package by those who use it.
 *
 * @throws LikenessError `no-backend` with the command that installs it, or with why it does not load
 */
export function loadEngine(): Engine {
  const require = createRequire(import.meta.url);
  const name = '@lancedb/lancedb'; // not for bundlers, which cannot hold native code
  let path: string;
  try {
    path = require.resolve(name);
  } catch (error) {
    throw new LikenessError(
      'no-backend',
      'LanceDB is not installed, which likeness-search/lance keeps its vectors in. Install it: npm install @lancedb/lancedb apache-arrow',
      { cause: error },
    );
  }
  try {
    return { lancedb: require(path) as Lancedb, arrow: createRequire(path)('apache-arrow') as Arrow };
  } catch (error) {
    throw new LikenessError(
      'no-backend',
      `LanceDB is installed but does not load (${(error as Error).message}). It has native code for Linux, macOS and Windows, on x64 and ARM64; install it anew on this machine: npm install @lancedb/lancedb apache-arrow`,
      { cause: error },
    );
  }
}
