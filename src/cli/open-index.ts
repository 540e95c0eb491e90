import { LikenessError } from '../errors.ts';
import type { IndexStore } from '../store/index-store.ts';
import { openIndexAt } from '../store/legacy-folder.node.ts';
import { openStore } from '../store/open-store.node.ts';

/** The index in a folder, an exported file or at a URL, or an error that says what to do. */
export async function openIndexOf(where: string): Promise<IndexStore> {
  try {
    return await openIndexAt(await openStore(where));
  } catch (error) {
    if (!(error instanceof LikenessError) || error.code !== 'not-found') throw error;
    throw new LikenessError(
      'not-found',
      `There is no index in ${where}; make one with: likeness index <folder of pictures> -o ${where}`,
      { cause: error },
    );
  }
}

/** Something that the command line noted in an index. */
export function settingOf(index: IndexStore, name: 'pictures' | 'model'): string | undefined {
  const value = index.settings.get(name);
  return typeof value === 'string' ? value : undefined;
}
