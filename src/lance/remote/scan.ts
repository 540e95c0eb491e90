import type { RecordBatch } from 'apache-arrow';
import { LikenessError } from '../../base/errors.ts';
import { whereOf } from '../asked.ts';
import type { Condition } from '../condition.ts';
import { cell } from '../rows.ts';
import { batchesOf, engineCall, type TableHandle } from '../table.ts';
import type { Scan } from '../ways.ts';

/** Values of vectors in one page: 8 MiB. The client has an answer whole in memory before it gives the first row. */
const valuesOfPage = 2 ** 21;
const mostRows = 8192;

/**
 * Rows page by page, each behind the last row of the page before, by place and id: what others add or remove meanwhile
 * moves no page.
 */
export async function* scanPages(
  { table, shape }: TableHandle,
  { condition, selected, offset = 0, limit = Number.POSITIVE_INFINITY }: Scan,
  doing: string,
): AsyncGenerator<RecordBatch> {
  const most = selected.includes('vector')
    ? Math.min(mostRows, Math.max(1, Math.floor(valuesOfPage / shape.dims)))
    : mostRows;
  const columns = [...new Set([...selected, 'id', 'added'])];
  let last: { added: number; id: string } | undefined;
  let left = limit;
  while (left > 0) {
    const asked = table.query().select(columns);
    const where = whereOf(last ? { all: [condition, behind(last)] } : condition);
    if (where !== undefined) asked.where(where);
    asked.orderBy(['added', 'id'].map((columnName) => ({ columnName, ascending: true, nullsFirst: false })));
    asked.limit(Math.min(most, left));
    if (!last && offset > 0) asked.offset(offset);
    let count = 0;
    for await (const batch of batchesOf(asked, doing)) {
      for (let row = 0; row < batch.numRows; row++) {
        const added = cell(batch, 'added', row) as number;
        if (last && added < last.added) throw noOrder();
        last = { added, id: cell(batch, 'id', row) as string };
      }
      count += batch.numRows;
      yield batch;
    }
    // Fewer than asked for may be a limit of the service's: the end is a page without rows.
    if (count === 0) return;
    left -= count;
  }
}

const behind = ({ added, id }: { added: number; id: string }): Condition => ({
  any: [
    { not: { column: 'added', to: added } },
    { all: [{ column: 'added', from: added, to: added }, { not: { column: 'id', to: id } }] },
  ],
});

/**
 * Asks for the first and the last row: a service that passes over `order_by` gives the same one twice, and pages behind a
 * row would leave out rows without a word.
 *
 * @throws LikenessError `unsupported`
 */
export async function checkOrder({ table }: TableHandle): Promise<void> {
  const placeOf = async (ascending: boolean): Promise<number | undefined> => {
    const asked = table.query().select(['added']);
    asked.orderBy([{ columnName: 'added', ascending, nullsFirst: false }]).limit(1);
    let place: number | undefined;
    for await (const batch of batchesOf(asked, 'Looking for an order')) {
      if (batch.numRows > 0) place = cell(batch, 'added', 0) as number;
    }
    return place;
  };
  const [first, last] = [await placeOf(true), await placeOf(false)];
  if (first === undefined || last === undefined || first < last) return;
  if (first > last || (await engineCall('Counting rows', () => table.countRows())) > 1) throw noOrder();
}

const noOrder = (): LikenessError =>
  new LikenessError(
    'unsupported',
    'The service of db://… does not put rows in order (order_by), which reading them page by page needs. Ask those who run it for a newer LanceDB, or use a folder or an object store.',
  );
