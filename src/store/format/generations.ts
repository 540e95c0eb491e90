import { LikenessError } from '../../base/errors.ts';
import { readExactly } from '../../base/random-access.ts';
import type { Store, StoredFile } from './files.ts';
import { decodeHeader, decodeSuccessor, type Header, headerBytes } from './header.ts';
import { holdsCommit } from './log.ts';

/** A file of an index that holds all of it. */
export interface Generation {
  name: string;
  file: StoredFile;
  header: Header;
  /** The header's bytes. */
  block: Uint8Array;
  /** Files that a compaction, finished or not, left behind. */
  leftovers: string[];
}

/** There is no index; perhaps files of an interrupted attempt to make one. */
type NoGeneration = Pick<Generation, 'leftovers'>;

const bad = (what: string): LikenessError => new LikenessError('bad-file', what);

const pattern = /^index-(\d{1,9})\.likeness$/;
export const fileName = (generation: number): string => `index-${generation}.likeness`;
export const generationOf = (name: string): number => Number(pattern.exec(name)?.[1]);

/** The generations that have a file, the newest first. */
export async function generations(store: Store): Promise<number[]> {
  return (await store.list())
    .flatMap(({ name }) => pattern.exec(name)?.slice(1).map(Number) ?? [])
    .sort((a, b) => b - a);
}

export const newestGeneration = async (store: Store): Promise<number> => (await generations(store))[0] ?? 0;

/**
 * Opens the file that is the index: the newest whole one.
 *
 * A compaction writes the next generation, its header last. Then it writes `NEXT` into the generation before, and
 * removes that. Nothing is added to the new file before `NEXT` is written. So an older file without `NEXT` holds the same
 * as a newer one that is unfinished or damaged. An older file with `NEXT` is out of date.
 *
 * @throws LikenessError `bad-file`, `newer-format`
 */
export async function openGeneration(store: Store): Promise<Generation | NoGeneration> {
  // Another process may finish a compaction between the look at the names and the look into the files.
  for (let attempt = 1; ; attempt++) {
    const found = await generations(store);
    try {
      return await tryOpen(store, found);
    } catch (error) {
      const settled = error instanceof LikenessError && (found.length === 1 || error.code === 'newer-format');
      if (settled || attempt === 3) throw error;
      await new Promise((done) => setTimeout(done, 20 * attempt));
    }
  }
}

async function tryOpen(store: Store, found: readonly number[]): Promise<Generation | NoGeneration> {
  const leftovers: string[] = [];
  let damage: LikenessError | undefined;
  let headless = false;
  for (const [n, generation] of found.entries()) {
    const name = fileName(generation);
    const file = await store.open(name, 'read');
    try {
      const size = await file.size();
      const block = (await readExactly(file, 0, Math.min(size, headerBytes))) ?? new Uint8Array(0);
      const header = decodeHeader(block, size, `${name} in ${store.name}`);
      if (!header) {
        leftovers.push(name);
        headless ||= await holdsCommit(file, size);
        await file.close();
        continue;
      }
      const successor = decodeSuccessor(block);
      if (successor !== undefined) {
        const what = `was replaced by generation ${successor}, which is not there whole`;
        throw damage ?? bad(`${name} in ${store.name} ${what}; restore ${fileName(successor)} from a copy.`);
      }
      leftovers.push(...found.slice(n + 1).map(fileName));
      return { name, file, header, block, leftovers };
    } catch (error) {
      await file.close();
      const { code } = error as LikenessError;
      if (!(error instanceof LikenessError) || code === 'newer-format' || error === damage) throw error;
      damage ??= error;
      leftovers.push(name);
    }
  }
  if (damage) throw damage;
  // A compaction that was interrupted has a whole file beside it.
  if (headless) throw bad(`The index in ${store.name} has lost its header; restore it from a copy.`);
  return { leftovers };
}
