import { checkQuery, idsOf, vectorOf } from '../api/arguments.ts';
import { checkWhole, optionsOf, shown, signalOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import { metaTest } from '../base/meta-filter.ts';
import type { EntriesOptions, VectorQueryOptions, VectorRow } from '../engine/vector-engine.ts';
import { firstNotFinite, lengthOf } from '../knn/search/vectors.ts';
import { checkMeta } from '../store/format/records.ts';
import type { MetaColumns } from './columns.ts';
import { type Condition, everyRow, isText, toSql } from './condition.ts';
import { metaCondition } from './meta-condition.ts';
import type { Nearest, RowTest } from './nearest.ts';
import type { StoredRow } from './rows.ts';

/** More ids than this are not written into one expression. */
export const idsAtOnce = 1000;

/** Which rows take part, as LanceDB is asked and as what comes back is tested. */
export interface Comparison {
  /** Rows that it leaves out do not take part; of the others the test decides. */
  condition: Condition;
  test: RowTest;
  /** Whether no row that meets the condition and is not `odd` fails the test. */
  pushed: boolean;
  /** The only rows that take part, where they are known by their ids. */
  ids?: readonly string[] | undefined;
}

type Filters = Pick<VectorQueryOptions, 'filter' | 'exclude'>;

/** @param columns of metadata in the table */
export function comparisonOf({ filter, exclude }: Filters, columns: MetaColumns): Comparison {
  const checked = checkQuery({ filter, exclude });
  const without = new Set(checked.exclude);
  const notThese: Condition =
    without.size === 0 || without.size > idsAtOnce
      ? everyRow
      : { not: { column: 'id', in: [...without].filter(isText) } };
  const rest: RowTest = without.size === 0 ? () => true : (id) => !without.has(id);
  const pushed = notThese !== everyRow || without.size === 0;
  if (checked.predicate) {
    const asked = checked.predicate;
    return {
      condition: notThese,
      test: (id, meta) => rest(id, meta) && decided(asked(id, meta)),
      pushed: false,
    };
  }
  if (checked.filter && 'meta' in checked.filter) {
    const { meta: asked } = checked.filter as { meta: Parameters<typeof metaTest>[0] };
    const { condition, exact } = metaCondition(asked, columns);
    const agrees = metaTest(asked);
    return {
      condition: { all: [condition, notThese] },
      test: (id, meta) => rest(id, meta) && agrees(meta),
      pushed: pushed && exact,
    };
  }
  if (checked.filter) {
    const ids = [...new Set(checked.filter as readonly string[])].filter((id) => !without.has(id));
    return { condition: everyRow, test: () => true, pushed: true, ids };
  }
  return { condition: notThese, test: rest, pushed };
}

/** A promise is true whatever it resolves to: an async predicate would let every row through. */
function decided(answer: unknown): boolean {
  if (typeof (answer as { then?: unknown } | null)?.then === 'function') {
    throw new LikenessError('bad-argument', 'The filter returned a promise; it may not be async.');
  }
  return Boolean(answer);
}

/** A condition as text; `undefined` where every row meets it. */
export function whereOf(condition: Condition): string | undefined {
  const sql = toSql(simplest(condition));
  return sql === 'TRUE' ? undefined : sql;
}

/** Without parts that every row meets. */
function simplest(condition: Condition): Condition {
  if (!('all' in condition)) return condition;
  return { all: condition.all.map(simplest).filter((part) => !('all' in part && part.all.length === 0)) };
}

/** What a query asks for, as it was at the call. */
export function askedOf(
  vector: unknown,
  options: VectorQueryOptions,
  dims: number,
): Omit<Nearest, 'test' | 'ask' | 'read'> & { offset: number; filters: Filters } {
  const { k, offset, maxDistance, signal, filter, exclude } = optionsOf(options, 'query', '{ k: 10 }');
  const query = checkVector(vectorOf(vector), dims, 'The query');
  const checked = checkQuery({ k, offset, maxDistance, filter, exclude });
  const first = checked.offset ?? 0;
  return {
    query,
    offset: first,
    wanted: checked.k + first,
    maxDistance: checked.maxDistance ?? Number.POSITIVE_INFINITY,
    filters: { filter: checked.predicate ?? checked.filter, exclude: checked.exclude },
    signal: signalOf(signal),
  };
}

/** No squared distance of two such vectors is too large for float32. */
const longestVector = 2 ** 62;

/** @throws LikenessError `bad-argument` */
function checkVector(vector: Float32Array, dims: number, what: string): Float32Array {
  if (vector.length !== dims) {
    throw new LikenessError(
      'bad-argument',
      `${what} has ${vector.length} values; the vectors of this table have ${dims}.`,
    );
  }
  const at = firstNotFinite(vector);
  if (at >= 0) {
    throw new LikenessError(
      'bad-argument',
      `${what} has ${vector[at]} as value ${at}; all values have to be finite.`,
    );
  }
  if (isTooLong(vector)) {
    throw new LikenessError(
      'bad-argument',
      `${what} is longer than 2⁶²; LanceDB computes in float32 and would overflow.`,
    );
  }
  return vector;
}

/** Whether a table can have a row of this id: it keeps texts as UTF-8. */
export const isRowId = (id: unknown): id is string => typeof id === 'string' && id !== '' && isText(id);

/** @throws LikenessError `bad-argument` where a table cannot have a row of this id */
export function checkRowId(id: unknown): asserts id is string {
  if (isRowId(id)) return;
  throw new LikenessError(
    'bad-argument',
    `A row's id is ${shown(id)}; it has to be a string that is not empty and has no half of a surrogate pair. Give the row another id.`,
  );
}

/** Whether LanceDB can compute with a vector of finite values. */
export const isTooLong = (vector: Float32Array): boolean => lengthOf(vector) > longestVector;

/** A checked copy of a row that is to be added. */
export function rowOf(row: unknown, dims: number): Omit<StoredRow, 'added'> {
  const { id, vector, meta } = (row ?? {}) as Partial<VectorRow>;
  checkRowId(id);
  if (meta !== undefined) checkMeta(meta, id);
  return { id, vector: checkVector(vectorOf(vector), dims, `The vector of ${shown(id)}`), meta };
}

/** @throws LikenessError `bad-argument` */
export function pageOf(options: EntriesOptions): {
  offset: number;
  limit: number | undefined;
  filters: Filters;
  signal: AbortSignal | undefined;
} {
  const { offset = 0, limit, filter, signal } = optionsOf(options, 'entries', '{ offset: 100, limit: 50 }');
  checkWhole('offset', offset, 0);
  if (limit !== undefined) checkWhole('limit', limit, 1);
  const checked = checkQuery({ filter });
  return {
    offset,
    limit,
    filters: { filter: checked.predicate ?? checked.filter },
    signal: signalOf(signal),
  };
}

/** Ids that a table can have, in parts that an expression may hold. */
export function* idParts(ids: Iterable<string>, what: string): Generator<string[]> {
  const list = [...new Set(idsOf(ids, what))].filter(isText);
  for (let from = 0; from < list.length; from += idsAtOnce) yield list.slice(from, from + idsAtOnce);
}
