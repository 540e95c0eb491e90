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
 * What bounds the memory of LanceDB's scans. Without it one scan keeps up to 2 GiB of bytes that it has read ahead, from
 * four files at once. LanceDB looks for it in the environment, and has no other way to set it.
 */
const scanBounds = {
  /** Bytes that a scan reads ahead. */
  LANCE_DEFAULT_IO_BUFFER_SIZE: 2 ** 25,
  /** Files of a table that a scan reads at once. */
  LANCE_DEFAULT_FRAGMENT_READAHEAD: 1,
  /** Rows that it works on together: 2 MiB of 512 values. */
  LANCE_DEFAULT_BATCH_SIZE: 1024,
};

/**
 * Sets {@link scanBounds} where the environment does not say otherwise. In a worker thread of Node that is without effect:
 * there the environment is a copy.
 */
function boundScans(): void {
  for (const [name, value] of Object.entries(scanBounds)) process.env[name] ??= String(value);
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
  boundScans();
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
