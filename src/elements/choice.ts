import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { type MetaFilter, metaTest } from '../base/meta-filter.ts';

/** Which pictures take part: those with these ids, or whose metadata is so, as `ImageSearch.query` takes it. */
export type ElementFilter = readonly string[] | { readonly meta: MetaFilter };

/** Which pictures an element may show. */
export interface Choice {
  filter?: ElementFilter;
  exclude?: readonly string[];
}

/** An attribute is wrong: who writes the page has to read it. */
export class WrongAttribute extends LikenessError {
  constructor(name: string, came: string | null, wanted: string) {
    super('bad-argument', `${name} is ${came}; it has to be ${wanted}.`);
  }
}

/** A property's value as its attribute. What JSON cannot hold becomes text that is refused when it is read. */
export function attributeOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  try {
    const isIterable = Symbol.iterator in Object(value);
    return JSON.stringify(isIterable ? [...(value as Iterable<unknown>)] : value) ?? String(value);
  } catch {
    return String(value);
  }
}

const lists = '["a.jpg","b.jpg"]';
const filters = `{"meta":{"colour":"red","year":{"min":2020}}} or ${lists}`;

/** What an attribute says; `undefined` where it is not there. @throws WrongAttribute */
function parsedFrom(element: Element, name: string, example: string): unknown {
  const text = element.getAttribute(name);
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message;
    throw new WrongAttribute(name, JSON.stringify(text), `JSON, e.g. ${example} (${why})`);
  }
}

/** The attribute's value; `undefined` also where it is no JSON. */
export function givenBy(element: Element, name: string): unknown {
  try {
    return parsedFrom(element, name, '');
  } catch {
    return undefined;
  }
}

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((id) => typeof id === 'string');
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value, one of several, or a range of numbers or of strings. */
function isCondition(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => Object(item) !== item);
  if (!isObject(value)) return true;
  const [first, second] = Object.values(value).map((bound) => typeof bound);
  const isOneKind = (first === 'string' || first === 'number') && (second ?? first) === first;
  return isOneKind && Object.keys(value).every((name) => name === 'min' || name === 'max');
}

/**
 * What the attributes `filter` and `exclude` of an element say.
 *
 * @throws WrongAttribute
 */
export function choiceOf(element: Element): Choice {
  const exclude = parsedFrom(element, 'exclude', lists);
  if (exclude !== undefined && !isList(exclude))
    throw new WrongAttribute('exclude', element.getAttribute('exclude'), `a list of ids, e.g. ${lists}`);
  const filter = parsedFrom(element, 'filter', filters);
  const choice = exclude ? { exclude } : {};
  if (filter === undefined) return choice;
  if (isList(filter)) return { ...choice, filter };
  if (!isObject(filter) || !isObject(filter.meta) || Object.keys(filter).length > 1)
    throw new WrongAttribute('filter', element.getAttribute('filter'), `like ${filters}`);
  for (const [key, condition] of Object.entries(filter.meta)) {
    if (isCondition(condition)) continue;
    const wanted = 'a value, a list of values, or {"min":…,"max":…} with numbers or with strings';
    throw new WrongAttribute(`filter.meta[${JSON.stringify(key)}]`, JSON.stringify(condition), wanted);
  }
  return { ...choice, filter: { meta: filter.meta as MetaFilter } };
}

/** Whether a filter asks for metadata. */
export const asksMeta = ({ filter }: Choice): boolean => isObject(filter);

/** Whether a picture may be shown; `undefined` where all may. */
export function testOf({
  filter,
  exclude = [],
}: Choice): ((id: string, meta: Json | undefined) => boolean) | undefined {
  if (!filter && exclude.length === 0) return undefined;
  const without = new Set(exclude);
  const isRight = isObject(filter) && metaTest(filter.meta as MetaFilter);
  const only = isList(filter) && new Set(filter);
  return (id, meta) => !without.has(id) && (!only || only.has(id)) && (!isRight || isRight(meta));
}
