import { createHash } from 'node:crypto';
import { LikenessError } from '../../base/errors.ts';

/** The folder within a site that holds what we write. */
export const outputName = 'likeness';

export const entryName = 'index.json';

/** Scripts of the elements, whose names stay: pages name them. */
export const scriptNames: readonly string[] = ['similar.js', 'search.js'];

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A name by content: the first 12 digits of the SHA-256. */
export const contentName = (sha256: string): string => sha256.slice(0, 12);

/** The name of a folder by the names and contents of its files. */
export function folderName(files: Iterable<{ name: string; sha256: string }>): string {
  const lines = [...files].map(({ name, sha256 }) => `${name}\0${sha256}\n`).sort();
  return contentName(sha256Of(Buffer.from(lines.join(''))));
}

const hex = '[0-9a-f]{12}';
const byContent = new RegExp(
  `^((similar|records|codes|rows)-${hex}\\.bin|search-${hex}\\.json|small/${hex}\\.webp|(model|lib)-${hex}/.+)$`,
);
const passing = /(^|\/)(\.likeness-[0-9a-f-]{36}\.tmp|lock(\.(stale\.)?[0-9a-f-]{36})?)$/;

/** Whether a path below the folder is one that only we give: by content, or of a file in the middle of being written. */
export const isOurs = (path: string): boolean => byContent.test(path) || passing.test(path);

/** What a run that was killed leaves of itself. */
export const isPassing = (path: string): boolean => passing.test(path);

/** Refuses that two contents have one name: 48 bits that meet by chance, or somebody's doing. */
export class Names {
  readonly #contents = new Map<string, string>();

  /**
   * @returns whether it is new
   * @throws LikenessError `bad-file`
   */
  take(name: string, sha256: string): boolean {
    const there = this.#contents.get(name);
    if (there !== undefined && there !== sha256)
      throw new LikenessError(
        'bad-file',
        `Two files of the site would be called ${name}: ${there} and ${sha256} begin alike. Change one of the pictures by a pixel.`,
      );
    this.#contents.set(name, sha256);
    return there === undefined;
  }

  get all(): ReadonlyMap<string, string> {
    return this.#contents;
  }
}
