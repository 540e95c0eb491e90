import { LikenessError } from '../../base/errors.ts';

/** Of a file of weights. */
export const bad = (what: string, cause?: unknown): LikenessError =>
  new LikenessError('bad-file', what, { cause });

const maxNamed = 8;

const named = (names: readonly string[]): string =>
  names.length > maxNamed
    ? `${names.slice(0, maxNamed).join(', ')} and ${names.length - maxNamed} more`
    : names.join(', ');

/**
 * Checks that a file holds all layers of VGG16 and no others. Another network may hold all of VGG16's layers under the
 * same names, as VGG19 does: read as VGG16 it would give features that are neither's.
 *
 * @param what names the file's kind: `The HDF5 file`
 * @param held the layers with weights in the file, under its own names
 * @param needed VGG16's under the names that such a file gives them; fc1 is the last
 * @param unread layers after fc1, which may be there or not
 * @param wanted what to take instead
 * @throws LikenessError `bad-file` that names the layers
 */
export function checkLayers(
  what: string,
  held: readonly string[],
  needed: readonly string[],
  unread: readonly string[],
  wanted: string,
): void {
  const there = new Set(held);
  const known = new Set([...needed, ...unread]);
  const foreign = [...there].filter((name) => !known.has(name));
  const missing = needed.filter((name) => !there.has(name));
  const refusal = (problem: string): LikenessError => bad(`${what} ${problem}. Wanted: ${wanted}.`);
  if (missing.length === needed.length) {
    const held = named([...there]) || 'nothing';
    throw refusal(`holds no layers of VGG16 (looked for "${needed[0]}"); it holds ${held}`);
  }
  const fc1 = needed.at(-1)!;
  const headless = missing.length === 1 && missing[0] === fc1;
  const lacks = headless
    ? `lacks ${fc1 === 'fc1' ? fc1 : `fc1 ("${fc1}")`}: it is the one without the top layers ("notop")`
    : `lacks ${named(missing)}`;
  if (foreign.length > 0) {
    throw refusal(
      `is of another network: it holds layers that VGG16 has not: ${named(foreign)}${missing.length > 0 ? `; and it ${lacks}` : ''}`,
    );
  }
  if (missing.length > 0) throw refusal(lacks);
}
