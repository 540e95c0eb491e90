/**
 * Conditions on columns, as a tree. {@link toSql} is the one place where one becomes text: values never get into it but as
 * literals, columns never but as quoted names.
 */
export type Condition =
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | { column: string; is: 'null' | 'true' }
  | { column: string; in: readonly Literal[] }
  | { column: string; from?: Literal | undefined; to?: Literal | undefined };

/** What a column is compared with. A number is finite; a string has no half of a surrogate pair. */
export type Literal = string | number | boolean;

/** A condition that every row meets. */
export const everyRow: Condition = { all: [] };

/** Whether a string can be a literal: LanceDB's text is UTF-8, which has no halves of surrogate pairs. */
export const isText = (value: string): boolean => value.isWellFormed();

/**
 * A condition in DataFusion's SQL, as LanceDB takes it.
 *
 * @example toSql({ column: 'id', in: ["it's"] }) // `id` IN ('it''s')
 */
export function toSql(condition: Condition): string {
  if ('all' in condition) return joined(condition.all, 'AND', 'TRUE');
  if ('any' in condition) return joined(condition.any, 'OR', 'FALSE');
  if ('not' in condition) return `(NOT ${toSql(condition.not)})`;
  const column = nameOf(condition.column);
  if ('is' in condition) return `(${column} IS ${condition.is.toUpperCase()})`;
  if ('in' in condition) {
    return condition.in.length === 0 ? 'FALSE' : `(${column} IN (${condition.in.map(literalOf).join(', ')}))`;
  }
  const { from, to } = condition;
  const bounds = [
    ...(from === undefined ? [] : [`${column} >= ${literalOf(from)}`]),
    ...(to === undefined ? [] : [`${column} <= ${literalOf(to)}`]),
  ];
  return bounds.length === 0 ? 'TRUE' : `(${bounds.join(' AND ')})`;
}

const joined = (some: readonly Condition[], word: 'AND' | 'OR', none: string): string =>
  some.length === 0 ? none : `(${some.map(toSql).join(` ${word} `)})`;

/** Names of columns are ours (`columns.ts`): a name of another form is a mistake of this program. */
function nameOf(column: string): string {
  if (!/^[a-z0-9_]+$/.test(column)) throw new TypeError(`No column has the name ${JSON.stringify(column)}.`);
  return `\`${column}\``;
}

/**
 * A string's quotes are doubled, and nothing else in it has a meaning: DataFusion's literals know no backslash (its
 * dialect, PostgreSQL's, has that in E'…' only).
 */
function literalOf(value: Literal): string {
  // Columns of booleans hold 0 and 1 (`dataOf`).
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string' && isText(value)) return `'${value.replaceAll("'", "''")}'`;
  // A whole number without a point would be an integer, and too large for one.
  if (typeof value === 'number' && Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`;
  throw new TypeError(`No literal can be made of ${JSON.stringify(value)}.`);
}
