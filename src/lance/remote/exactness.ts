import type { RecordBatch } from 'apache-arrow';
import { LikenessError } from '../../base/errors.ts';
import { engineCall, type TableHandle } from '../table.ts';
import type { OfAllRows } from '../ways.ts';

const mostAttempts = 3;

/** Looks whether a service does what exact answers need, and takes its word for nothing that can be asked. */
export class Exactness {
  readonly #open: TableHandle;
  #passesIndex = false;
  /** So many rows have come in one answer: no limit of the service's is lower. */
  #mostReturned = 0;

  constructor(open: TableHandle) {
    this.#open = open;
  }

  /**
   * Whether queries that shall pass over the index do so: the service's plan says it. One that gives no plan is believed.
   *
   * @throws LikenessError `unsupported`
   */
  async checkPlan(): Promise<void> {
    if (this.#passesIndex) return;
    const { table, shape } = this.#open;
    const asked = table.query().nearestTo(new Float32Array(shape.dims)).distanceType('l2').limit(1);
    const plan = await asked
      .bypassVectorIndex()
      .explainPlan()
      .catch(() => '');
    if (/\bANN/.test(plan)) {
      throw new LikenessError(
        'unsupported',
        'The service of db://… asks its index where all rows have to be compared (bypass_vector_index), so answers would not be exact, nor their recall known. Ask those who run it for a newer LanceDB, or use a folder or an object store.',
      );
    }
    this.#passesIndex = plan !== '';
  }

  /**
   * Where fewer rows come than were asked for, there have to be no more: a service may return no more than so many at once.
   *
   * @throws LikenessError `unsupported`
   */
  async whole({ where, limit }: OfAllRows, ask: () => Promise<RecordBatch[]>): Promise<RecordBatch[]> {
    for (let attempt = 1; ; attempt++) {
      const batches = await ask();
      const returned = batches.reduce((sum, { numRows }) => sum + numRows, 0);
      if (returned < limit && returned >= this.#mostReturned) {
        const count = await engineCall('Counting rows', () => this.#open.table.countRows(where));
        if (count > returned) {
          // Others may have added some meanwhile.
          if (attempt < mostAttempts) continue;
          throw new LikenessError(
            'unsupported',
            `The service of db://… returned ${returned} rows where ${limit} were asked for and ${count} are there, so answers would not be exact. Ask for fewer (k, offset), or use a folder or an object store.`,
          );
        }
      }
      this.#mostReturned = Math.max(this.#mostReturned, returned);
      return batches;
    }
  }
}
