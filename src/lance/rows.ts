import type { Table as ArrowTable, Data, DataType, Field, RecordBatch, Schema, Utf8 } from 'apache-arrow';
import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { type ColumnKind, cellOf, columnName, keyOf, type MetaColumns, shapeOf } from './columns.ts';
import type { Arrow } from './load.ts';

/** A row on its way into the table. */
export interface StoredRow {
  id: string;
  /** Rows are ordered by it: the moment of adding, as a whole number that no two rows of one process share. */
  added: number;
  vector: Float32Array;
  meta?: Json | undefined;
}

/** What is noted with a table when it is made: in files as JSON in its schema's metadata under the key `likeness`. */
export interface TableNote {
  format: 1;
  fingerprint: string | null;
}

export const noteKey = 'likeness';

/** The columns of a new table; those of metadata come with the first row that has such a key. */
export function newSchema(arrow: Arrow, dims: number, note: TableNote): Schema {
  const item = new arrow.Field('item', new arrow.Float32(), true);
  return new arrow.Schema(
    [
      new arrow.Field('id', new arrow.Utf8(), false),
      new arrow.Field('added', new arrow.Float64(), false),
      new arrow.Field('vector', new arrow.FixedSizeList(dims, item), false),
      new arrow.Field('meta', new arrow.Utf8(), true),
      new arrow.Field('odd', new arrow.Bool(), false),
    ],
    new Map([[noteKey, JSON.stringify(note)]]),
  );
}

export const newColumn = (arrow: Arrow, key: string, kind: ColumnKind): Field =>
  new arrow.Field(
    columnName(key),
    new { string: arrow.Utf8, number: arrow.Float64, boolean: arrow.Int8 }[kind](),
    true,
  );

/** What a table's columns say. */
export interface TableShape {
  schema: Schema;
  dims: number;
  note: TableNote;
  columns: MetaColumns;
}

/**
 * @param noted what was noted when the table was made: JSON of a {@link TableNote}
 * @throws LikenessError `bad-file`, `newer-format` where the table is none of ours
 */
export function tableShape(schema: Schema, noted: string | undefined, where: string): TableShape {
  const { dims, columns } = tableColumns(schema, where);
  if (noted === undefined) throw notOurs(schema, where);
  const note = JSON.parse(noted) as TableNote;
  if (note.format !== 1) {
    throw new LikenessError(
      'newer-format',
      `The table ${where} was made by a newer version of Likeness; update it.`,
    );
  }
  return { schema, dims, note, columns };
}

/** @throws LikenessError `bad-file` where the columns are none of ours */
export function tableColumns(schema: Schema, where: string): Pick<TableShape, 'dims' | 'columns'> {
  const field = (name: string): string => String(schema.fields.find((one) => one.name === name)?.type);
  const dims = Number(/^FixedSizeList\[(\d+)\]<Float32>$/.exec(field('vector'))?.[1]);
  if (!(field('id') === 'Utf8' && field('added') === 'Float64' && field('meta') === 'Utf8' && dims > 0)) {
    throw notOurs(schema, where);
  }
  const columns = new Map<string, { name: string; kind: ColumnKind }>();
  const kinds: Readonly<Record<string, ColumnKind>> = { Utf8: 'string', Float64: 'number', Int8: 'boolean' };
  for (const { name, type } of schema.fields) {
    const key = keyOf(name);
    const kind = kinds[String(type)];
    if (key !== undefined && kind) columns.set(key, { name, kind });
  }
  return { dims, columns };
}

function notOurs({ fields }: Schema, where: string): LikenessError {
  const names = fields.map(({ name, type }) => `${name} ${type}`).join(', ');
  return new LikenessError(
    'bad-file',
    `The table ${where} was not made by Likeness: it has the columns ${names}. Name another with the option "table".`,
  );
}

/** Rows as Arrow's columns, by the schema of the table. */
export function encodeRows(
  arrow: Arrow,
  { schema, dims, columns }: TableShape,
  rows: readonly StoredRow[],
): ArrowTable {
  const length = rows.length;
  const cells = new Map<string, unknown[]>();
  const odd = rows.map(({ meta }) => shapeOf(meta).odd);
  for (const [key, { name, kind }] of columns) {
    const values = rows.map(({ meta }) => cellOf(meta, key, kind));
    for (const [n, value] of values.entries()) if (value === undefined) odd[n] = true;
    cells.set(name, values);
  }
  cells.set(
    'id',
    rows.map(({ id }) => id),
  );
  cells.set(
    'added',
    rows.map(({ added }) => added),
  );
  cells.set(
    'meta',
    rows.map(({ meta }) => (meta === undefined ? null : JSON.stringify(meta))),
  );
  cells.set('odd', odd);
  const vectors = new Float32Array(length * dims);
  for (const [n, { vector }] of rows.entries()) vectors.set(vector, n * dims);
  const children = schema.fields.map(({ name, type }) => {
    if (name === 'vector') {
      const child = arrow.makeData({ type: new arrow.Float32(), length: vectors.length, data: vectors });
      return arrow.makeData({ type: type as InstanceType<Arrow['FixedSizeList']>, length, child } as never);
    }
    return dataOf(arrow, type, cells.get(name) ?? new Array<null>(length).fill(null));
  });
  const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length, children } as never);
  return new arrow.Table(schema, new arrow.RecordBatch(schema, struct as never) as RecordBatch);
}

/**
 * Cells as Arrow's data. Booleans of metadata are 0 and 1: of a Boolean column with nothing but nulls, Arrow's writer
 * leaves out the values, and LanceDB refuses that.
 */
function dataOf(arrow: Arrow, type: DataType, cells: readonly unknown[]): Data {
  const length = cells.length;
  const nullBitmap = bitmapOf(cells.map((cell) => cell !== null && cell !== undefined));
  const nullCount = cells.filter((cell) => cell === null || cell === undefined).length;
  const common = { type, length, nullCount, nullBitmap };
  if (arrow.DataType.isBool(type)) {
    return arrow.makeData({ ...common, data: bitmapOf(cells.map((cell) => cell === true)) } as never);
  }
  if (arrow.DataType.isUtf8(type)) {
    const encoder = new TextEncoder();
    const texts = cells.map((cell) => encoder.encode((cell as string | null | undefined) ?? ''));
    const valueOffsets = new Int32Array(length + 1);
    for (const [n, text] of texts.entries()) valueOffsets[n + 1] = valueOffsets[n]! + text.length;
    const data = new Uint8Array(valueOffsets[length]!);
    for (const [n, text] of texts.entries()) data.set(text, valueOffsets[n]!);
    return arrow.makeData({ ...common, valueOffsets, data } as never);
  }
  if (arrow.DataType.isInt(type)) {
    return arrow.makeData({ ...common, data: Int8Array.from(cells, (cell) => Number(cell ?? 0)) } as never);
  }
  return arrow.makeData({ ...common, data: Float64Array.from(cells, (cell) => Number(cell ?? 0)) } as never);
}

/** Bits, the first one lowest, in whole words of 8 bytes. */
function bitmapOf(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 64) * 8);
  for (const [n, bit] of bits.entries()) if (bit) bytes[n >> 3]! |= 1 << (n & 7);
  return bytes;
}

/** Arrow's own reader of text drops U+FEFF at its beginning, and that is another id then. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A cell of a batch that a query brought. */
export function cell(batch: RecordBatch, column: string, row: number): unknown {
  const vector = batch.getChild(column);
  const value: unknown = vector?.get(row);
  if (typeof value !== 'string') return value;
  // A column of one batch is in one piece.
  const { valueOffsets, values } = vector!.data[0] as Data<Utf8>;
  const [from, to] = [valueOffsets[row]!, valueOffsets[row + 1]!];
  return values[from] === 0xef ? utf8.decode(values.subarray(from, to)) : value;
}

/** The vector of a row of a batch: the batch's memory, not a copy. */
export const vectorAt = (batch: RecordBatch, row: number): Float32Array =>
  (cell(batch, 'vector', row) as { toArray(): Float32Array }).toArray();

/** The metadata of a row of a batch. */
export function metaAt(batch: RecordBatch, row: number): Json | undefined {
  const text = cell(batch, 'meta', row) as string | null;
  return text === null ? undefined : (JSON.parse(text) as Json);
}
