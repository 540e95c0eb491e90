import { optionsOf, refuse, shown } from './checks.ts';
import { LikenessError } from './errors.ts';
import type { Json } from './json.ts';

/** A value in metadata that can be asked for. */
export type MetaValue = string | number | boolean | null;

/** From … to, both included: numbers, or strings by their code units, as ISO dates are ordered. */
export interface MetaRange {
  min?: number | string | undefined;
  max?: number | string | undefined;
}

/**
 * What the metadata of a picture has to be, by key: a value, one of several, or in a range. All keys have to agree; a key
 * that is not there does not. `'camera.make'` is the key `make` in `camera`, unless there is a key of that whole name. Of a
 * list in the metadata one item has to agree.
 *
 * @example
 * const meta: MetaFilter = { colour: ['red', 'blue'], 'camera.make': 'Canon', year: { min: 2020 } };
 * const hits = await search.query(file, { filter: { meta } });
 */
export type MetaFilter = Readonly<Record<string, MetaValue | readonly MetaValue[] | MetaRange>>;

type Test = (value: Json) => boolean;

/** What is no number is not equal to itself; JSON has neither that nor infinity. */
const isValue = (value: unknown): value is MetaValue =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));

/**
 * A copy of a filter.
 *
 * @throws LikenessError `bad-argument` that names the key
 */
export function checkMetaFilter(filter: unknown): MetaFilter {
  const copy = Object.entries(optionsOf(filter as object, 'filter.meta', "{ colour: 'red' }"));
  return Object.fromEntries(
    copy.map(([key, condition]) => {
      if (isValue(condition)) return [key, condition];
      if (Array.isArray(condition)) return [key, condition.map((value) => checkValue(key, value))];
      return [key, checkRange(key, condition)];
    }),
  );
}

function checkValue(key: string, value: unknown): MetaValue {
  return isValue(value) ? value : refuse(`An item of filter.meta['${key}']`, value, wanted);
}

const wanted = 'a string, a finite number, true, false or null';

function checkRange(key: string, range: unknown): MetaRange {
  const isRange = Object.prototype.toString.call(range) === '[object Object]';
  const bounds = isRange ? Object.entries(range as object).filter(([, bound]) => bound !== undefined) : [];
  const isRight = ([name, bound]: [string, unknown]): boolean =>
    (name === 'min' || name === 'max') &&
    (typeof bound === 'string' || Number.isFinite(bound)) &&
    typeof bound === typeof bounds[0]![1];
  if (bounds.length > 0 && bounds.every(isRight)) return Object.fromEntries(bounds);
  const came = isRange
    ? `{ ${Object.entries(range as object)
        .map(([name, bound]) => `${name}: ${shown(bound)}`)
        .join(', ')} }`
    : shown(range);
  throw new LikenessError(
    'bad-argument',
    `filter.meta['${key}'] is ${came}; it has to be ${wanted}, a list of such, or { min, max } with numbers or with strings. A key of an object in the metadata is written 'outer.inner'.`,
  );
}

/** Whether a picture's metadata is as the filter says. */
export function metaTest(filter: MetaFilter): (meta: Json | undefined) => boolean {
  const tests = Object.entries(filter).map(([key, condition]): [string, Test] => [key, testOf(condition)]);
  return (meta) =>
    tests.every(([key, test]) => {
      const value = valueAt(meta, key);
      return Array.isArray(value) ? value.some(test) : value !== undefined && test(value);
    });
}

function testOf(condition: MetaFilter[string]): Test {
  if (isValue(condition)) return (value) => value === condition;
  if (Array.isArray(condition)) {
    const set = new Set<unknown>(condition);
    return (value) => set.has(value);
  }
  const { min, max } = condition as MetaRange;
  const kind = typeof (min ?? max);
  return (value) =>
    typeof value === kind &&
    (min === undefined || (value as number | string) >= min) &&
    (max === undefined || (value as number | string) <= max);
}

/** The value of a key, or of a key in a key; own ones only. */
export function valueAt(meta: Json | undefined, key: string): Json | undefined {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return undefined;
  const keys = meta as Readonly<Record<string, Json>>;
  if (Object.hasOwn(keys, key)) return keys[key];
  for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
    const outer = key.slice(0, dot);
    const inner = Object.hasOwn(keys, outer) ? valueAt(keys[outer], key.slice(dot + 1)) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}
