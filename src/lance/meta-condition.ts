import type { MetaFilter, MetaRange, MetaValue } from '../base/meta-filter.ts';
import type { ColumnKind, MetaColumns } from './columns.ts';
import { type Condition, everyRow, isText, type Literal } from './condition.ts';

/** A filter as the engine gets it. */
export interface Pushed {
  /** Every row that the filter lets through meets it; other rows may, too. */
  condition: Condition;
  /** Whether the rows that meet it and are not `odd` are the filter's. */
  exact: boolean;
}

/**
 * What columns can say of a filter on metadata. Rows whose metadata does not fit the columns (lists, a number under a key
 * of strings) are marked in the column `odd`: whether these agree is seen in their metadata, as for all rows that come back.
 */
export function metaCondition(filter: MetaFilter, columns: MetaColumns): Pushed {
  const parts = Object.entries(filter).map(([key, condition]): Pushed => {
    const column = columns.get(key);
    // Rows have a column for each key that a value was ever found under, unless there were too many.
    return column ? keyCondition(column, condition) : { condition: everyRow, exact: false };
  });
  const exact = parts.every((part) => part.exact);
  const all = parts.filter(({ condition }) => condition !== everyRow).map(({ condition }) => condition);
  if (all.length === 0) return { condition: everyRow, exact };
  return { condition: { any: [{ all }, { column: 'odd', is: 'true' }] }, exact };
}

function keyCondition(
  { name: column, kind }: { name: string; kind: ColumnKind },
  condition: MetaFilter[string],
): Pushed {
  if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) {
    return rangeCondition(column, kind, condition as MetaRange);
  }
  const values = (Array.isArray(condition) ? condition : [condition]) as readonly MetaValue[];
  const fitting = values.filter((value): value is Literal => typeof value === kind);
  const texts = fitting.filter((value) => typeof value !== 'string' || isText(value));
  const among: Condition = {
    column,
    in: texts.map((value) => (typeof value === 'number' ? value + 0 : value)),
  };
  // A cell is null where there is no such key, too.
  return values.includes(null)
    ? { condition: { any: [among, { column, is: 'null' }] }, exact: false }
    : { condition: among, exact: true };
}

function rangeCondition(column: string, kind: ColumnKind, { min, max }: MetaRange): Pushed {
  const bounds = [min, max].filter((bound) => bound !== undefined);
  if (bounds.some((bound) => typeof bound !== kind)) return { condition: { any: [] }, exact: true };
  if (bounds.some((bound) => typeof bound === 'string' && !isOrderedAlike(bound))) {
    return { condition: everyRow, exact: false };
  }
  const from = typeof min === 'number' ? min + 0 : min;
  const to = typeof max === 'number' ? max + 0 : max;
  return { condition: { column, from, to }, exact: true };
}

/**
 * Whether strings stand to this one by their UTF-8, as in LanceDB, as they do by their UTF-16, as here. The two orders
 * differ only between U+E000 … U+FFFF and what is above, and not where one side has neither.
 */
const isOrderedAlike = (bound: string): boolean => !/[\ud800-\uffff]/.test(bound);
