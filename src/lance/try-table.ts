import { openTable } from './open.ts';
import { checkLanceOptions, type LanceOptions } from './options.ts';

/**
 * Opens a table as {@link LanceIndex.open} does, and lets it go: what would fail later, after hours of work, fails now.
 *
 * @param how `look`: makes no table; that there is none is no error. `write`: makes it, or writes something into one that
 *   is there: a note that says nothing.
 * @throws LikenessError what {@link LanceIndex.open} throws
 */
export async function tryTable(uri: string, options: LanceOptions, how: 'look' | 'write'): Promise<void> {
  const checked = checkLanceOptions(uri, options);
  try {
    const open = await openTable(uri, how === 'look' ? { ...checked, dims: undefined } : checked);
    try {
      if (how === 'look') return;
      await open.ways.tryWrite();
    } finally {
      open.table.close();
      open.close();
    }
  } catch (error) {
    if (how === 'look' && (error as { code?: unknown }).code === 'not-found') return;
    throw error;
  }
}
