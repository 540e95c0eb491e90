import type { Json } from '../base/json.ts';
import { valueAt } from '../base/meta-filter.ts';
import { isText } from './condition.ts';

/** What a column of metadata holds; missing and `null` are both null there. */
export type ColumnKind = 'string' | 'number' | 'boolean';

/** Columns of metadata by the key that a filter names: `camera.make`. */
export type MetaColumns = ReadonlyMap<string, { name: string; kind: ColumnKind }>;

/** More keys have no column: filters on them are tested on the metadata itself. */
export const mostColumns = 64;

const prefix = 'meta_';

/**
 * The name of a key's column, of lower-case letters, digits and `_`, whatever the key is: SQL has reserved words, quotes,
 * and meets names without regard to case. All else becomes `_x<code point in hex>_`.
 *
 * @example columnName('camera.make') // meta_camera_x2e_make
 */
export const columnName = (key: string): string =>
  prefix +
  Array.from(key, (char) => (/[a-z0-9]/.test(char) ? char : `_x${char.codePointAt(0)!.toString(16)}_`)).join(
    '',
  );

/** The key of a column; `undefined` for a name that {@link columnName} does not make. */
export function keyOf(name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const key = name
    .slice(prefix.length)
    .replaceAll(/_x([0-9a-f]{1,6})_/g, (_, hex) =>
      String.fromCodePoint(Math.min(parseInt(hex, 16), 0x10ffff)),
    );
  return columnName(key) === name ? key : undefined;
}

/** What metadata needs of columns. */
export interface MetaShape {
  /** Keys whose values a column can hold, each with its kind: those of objects in the metadata as `outer.inner`. */
  keys: Map<string, ColumnKind>;
  /** Whether it has more than keys of a column can say: lists, and keys that are very long or deep. */
  odd: boolean;
}

export function shapeOf(meta: Json | undefined): MetaShape {
  const shape: MetaShape = { keys: new Map(), odd: false };
  const walk = (value: Json | undefined, path: string, depth: number): void => {
    if (Array.isArray(value)) shape.odd ||= depth > 0;
    else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value))
        walk(item, depth === 0 ? name : `${path}.${name}`, depth + 1);
    } else if (value !== null && value !== undefined && depth > 0) {
      if (path.length > longestKey || depth > deepest || !isText(path)) shape.odd = true;
      else if (!shape.keys.has(path)) shape.keys.set(path, typeof value as ColumnKind);
    }
  };
  walk(meta, '', 0);
  return shape;
}

const longestKey = 60;
const deepest = 5;

/** The value of a cell; `undefined` where the column cannot hold what the metadata has there. */
export function cellOf(
  meta: Json | undefined,
  key: string,
  kind: ColumnKind,
): string | number | boolean | null | undefined {
  const value = valueAt(meta, key) ?? null;
  if (value === null) return null;
  if (kind === 'string') return typeof value === 'string' && isText(value) ? value : undefined;
  // Arrow tells -0 from 0.
  if (kind === 'number') return typeof value === 'number' ? value + 0 : undefined;
  return typeof value === 'boolean' ? value : undefined;
}
