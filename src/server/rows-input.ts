import { shown } from '../base/checks.ts';
import type { Json } from '../base/json.ts';
import type { VectorRow } from '../engine/vector-engine.ts';
import { checkMeta } from '../store/format/records.ts';
import { HttpError } from './http-error.ts';
import { vectorOf } from './query-input.ts';

const wrong = (message: string): HttpError => new HttpError(422, 'bad-argument', message);

function refuseOthers(value: object, known: readonly string[], what: string): void {
  const other = Object.keys(value).find((name) => !known.includes(name));
  if (other !== undefined) throw wrong(`${what} has ${shown(other)}; what is known is: ${known.join(', ')}.`);
}

/**
 * The rows of a body `{ entries: [{ id, vector, meta? }] }`. All are checked before one is added.
 *
 * @throws HttpError 422; LikenessError `bad-argument`
 */
export function readRows(body: Record<string, unknown>, dims: number): VectorRow[] {
  refuseOthers(body, ['entries'], 'The body');
  const { entries } = body;
  if (!Array.isArray(entries)) {
    throw wrong(`entries is ${shown(entries)}; it has to be a list of { id, vector, meta? }.`);
  }
  return entries.map((entry: unknown, n): VectorRow => {
    const name = `entries[${n}]`;
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw wrong(`${name} is ${shown(entry)}; it has to be { id, vector, meta? }.`);
    }
    refuseOthers(entry, ['id', 'vector', 'meta'], name);
    const { id, vector, meta } = entry as { id?: unknown; vector?: unknown; meta?: unknown };
    if (typeof id !== 'string' || id === '') {
      throw wrong(`${name}.id is ${shown(id)}; it has to be a string that is not empty.`);
    }
    if (meta !== undefined) checkMeta(meta, id);
    const row = { id, vector: vectorOf(vector, `${name}.vector`, dims) };
    return meta === undefined ? row : { ...row, meta: meta as Json };
  });
}

/** The ids of a body `{ ids: […] }`. @throws HttpError 422 */
export function readIds(body: Record<string, unknown>): string[] {
  refuseOthers(body, ['ids'], 'The body');
  const { ids } = body;
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  throw wrong('ids has to be a list of ids, e.g. { "ids": ["a.jpg", "b.jpg"] }.');
}
