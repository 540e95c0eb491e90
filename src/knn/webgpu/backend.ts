import { LikenessError } from '../../base/errors.ts';
import { Mutex } from '../../base/lock.ts';
import { type BufferPart, readBuffers } from '../../gpu/buffer.ts';
import type { Backend, Candidates, DeviceQueries, RowSet } from '../backend/backend.ts';
import { type ErrorBound, errorBound, roundEitherWay } from '../backend/bounds.ts';
import { has, rowsOutside } from '../backend/row-set.ts';
import { Rows } from '../backend/rows.ts';
import { isSpecial } from './classify.ts';
import { scanDistances } from './distances.ts';
import { rowsPerBlock } from './quantise.ts';
import { scanQuantised } from './quantised.ts';
import { type Queries, queriesInMemory, queriesOnDevice } from './queries.ts';
import { Scratch } from './scratch.ts';
import { keptPairs, noKey, queriesTogether, select } from './select.ts';
import {
  closeSession,
  openSession,
  reopenDevice,
  type Session,
  type WebGpuBackendOptions,
} from './session.ts';

/** Rows of fewer values, and fewer rows, are read in full as fast as quantised. */
const minQuantisedDimension = 64;
const minQuantisedRows = rowsPerBlock;
/** Quantised rows are given up when they leave more than one query in so many undecided, and at least so many queries. */
const maxUndecided = 8;
const minUndecided = 4;

/**
 * Rows on a GPU, with a copy in memory, which is the one that counts. The device computes float32 distances, or lower
 * bounds from quantised rows, and keeps the smallest; only those pairs come back. Rows and queries that could overflow never
 * reach a shader.
 *
 * @throws LikenessError `no-backend` when a shader does not compile on this device
 */
export async function createWebGpuBackend(
  device: GPUDevice,
  dimension: number,
  options: WebGpuBackendOptions = {},
): Promise<WebGpuBackend> {
  const rows = new Rows(dimension);
  return new WebGpuBackend(rows, await openSession(device, rows, options), options);
}

/** What a search asks of the device. */
interface Question {
  /** Queries. */
  count: number;
  /** Which of them shaders may see. */
  plain: readonly number[];
  asked: Queries;
  k: number;
  skip: RowSet | undefined;
  usesQuantised: boolean;
  /** Comes back in the same read-back as the first candidates do, as `read`. */
  also?: BufferPart;
}

export class WebGpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly #rows: Rows;
  readonly #options: WebGpuBackendOptions;
  readonly #bound: ErrorBound;
  #session: Session;
  /** A device that was opened here, after a loss. */
  #own: GPUDevice | undefined;
  /** Searches one after another: they share the device's copy of the rows. */
  readonly #mutex = new Mutex();
  /** Queries that quantised rows answered, and with which k: a larger one later says that they did not decide. */
  readonly #answered = new WeakMap<ArrayBufferLike, number>();
  #quantisedQueries = 0;
  #undecided = 0;
  /** With fewer rows, quantised rows are not used. */
  #quantisedFrom = minQuantisedRows;

  constructor(rows: Rows, session: Session, options: WebGpuBackendOptions) {
    this.#rows = rows;
    this.#session = session;
    this.#options = options;
    this.#bound = errorBound(rows.dimension, rows.dimension, roundEitherWay);
  }

  get dimension(): number {
    return this.#rows.dimension;
  }

  get rows(): number {
    return this.#rows.count;
  }

  get device(): GPUDevice {
    return this.#session.device;
  }

  append(values: Float32Array): void {
    this.#invalidate(this.rows);
    this.#rows.append(values);
  }

  set(row: number, values: Float32Array): void {
    this.#invalidate(row);
    this.#rows.set(row, values);
  }

  remove(rows: readonly number[]): void {
    this.#invalidate(rows[0] ?? this.rows);
    this.#rows.remove(rows);
  }

  row(row: number): Float32Array {
    return this.#rows.row(row);
  }

  async candidates(queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]> {
    const d = this.dimension;
    const count = queries.length / d;
    const plain = Array.from({ length: count }, (_, at) => at).filter(
      (at) => !isSpecial(queries.subarray(at * d, (at + 1) * d)),
    );
    const asked = queriesInMemory(queries, d);
    const usesQuantised = this.#mayUseQuantised(queries.buffer, k);
    return this.#inTurn(async (session) => {
      const { candidates } = await this.#answer(session, { count, plain, asked, k, skip, usesQuantised });
      return candidates;
    });
  }

  async candidatesOnDevice(
    queries: DeviceQueries,
    k: number,
    skip?: RowSet,
  ): Promise<{ values: Float32Array; candidates: Candidates[] }> {
    const d = this.dimension;
    const { buffer, count } = queries;
    const asked = queriesOnDevice(queries, d);
    const plain = Array.from({ length: count }, (_, at) => at);
    const usesQuantised = this.#quantisedPays();
    return this.#inTurn(async (session) => {
      if (this.#own) {
        throw new LikenessError(
          'device-lost',
          'The GPU device that the queries were on was lost; the index goes on with another one, which takes queries from memory.',
        );
      }
      const also = { buffer, byteLength: count * d * 4 };
      const question = { count, plain, asked, k, skip, usesQuantised, also };
      const { candidates, read } = await this.#answer(session, question);
      const values = new Float32Array(read!);
      for (let at = 0; at < count; at++) {
        // What a shader made of NaN or an overflow counts for nothing.
        if (isSpecial(values.subarray(at * d, (at + 1) * d))) candidates[at] = this.#everything(skip);
      }
      if (usesQuantised) this.#answered.set(values.buffer, k);
      return { values, candidates };
    });
  }

  close(): void {
    this.#rows.clear();
    closeSession(this.#session);
    this.#own?.destroy();
  }

  #invalidate(row: number): void {
    const { floats, quantised, mask } = this.#session;
    floats.invalidate(row);
    quantised.invalidate(row);
    mask.invalidate(row);
  }

  /** Whether quantised rows are to answer; counts the queries that they did not decide. */
  #mayUseQuantised(queries: ArrayBufferLike, k: number): boolean {
    if (k > (this.#answered.get(queries) ?? k)) {
      this.#undecided++;
      if (this.#undecided >= minUndecided && this.#undecided * maxUndecided > this.#quantisedQueries) {
        this.#quantisedFrom = Math.max(minQuantisedRows, 2 * this.rows);
        this.#undecided = this.#quantisedQueries = 0;
      }
      return false;
    }
    if (!this.#quantisedPays()) return false;
    this.#answered.set(queries, k);
    return true;
  }

  #quantisedPays(): boolean {
    const { scan } = this.#options;
    if (scan === 'rows' || !this.#session.quantised.isPossible) return false;
    return (
      scan === 'quantised' || (this.dimension >= minQuantisedDimension && this.rows >= this.#quantisedFrom)
    );
  }

  /** Runs a search when those before it are done; once more on another device when this one was lost. */
  #inTurn<T>(search: (session: Session) => Promise<T>): Promise<T> {
    return this.#mutex.run(async () => {
      try {
        if (this.#session.lost) throw new Error(this.#session.lost.message);
        return await search(this.#session);
      } catch (error) {
        // The loss may be told a moment after what it makes fail.
        await Promise.race([this.#session.device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
        const { lost } = this.#session;
        if (!lost) throw error;
        await this.#recover(lost, error);
        return await search(this.#session);
      }
    });
  }

  async #recover(info: GPUDeviceLostInfo, cause: unknown): Promise<void> {
    const { reopen = reopenDevice } = this.#options;
    let failure = '';
    const device = await reopen(info).catch((error: Error) => {
      failure = ` Another could not be opened: ${error.message}`;
      return undefined;
    });
    if (!device) {
      throw new LikenessError(
        'device-lost',
        `The GPU device was lost (${info.reason}): ${info.message || 'no message'}. The rows are still in memory.${failure}`,
        { cause },
      );
    }
    closeSession(this.#session);
    this.#own?.destroy();
    this.#own = device;
    this.#session = await openSession(device, this.#rows, this.#options);
  }

  #everything(skip: RowSet | undefined): Candidates {
    return { rows: rowsOutside(skip, this.rows), bound: Number.POSITIVE_INFINITY };
  }

  async #answer(
    session: Session,
    question: Question,
  ): Promise<{ candidates: Candidates[]; read: ArrayBuffer | undefined }> {
    const { count, plain, k, skip, usesQuantised, also } = question;
    const candidates = Array.from({ length: count }, () => this.#everything(skip));
    const kept = keptPairs(k, this.rows, usesQuantised);
    let read: ArrayBuffer | undefined;
    if (kept < Math.min(k + 1, this.rows) || plain.length === 0) {
      if (also) [read] = await readBuffers(session.device, [also]);
      return { candidates, read };
    }
    session.mask.sync();
    if (usesQuantised) session.quantised.sync();
    else session.floats.sync();
    const together = queriesTogether(this.rows, this.dimension, kept);
    for (let first = 0; first < plain.length; first += together) {
      const part = plain.slice(first, first + together);
      const scratch = new Scratch(session.device);
      try {
        const selected = await this.#select(session, scratch, question, part, kept);
        const parts = also && !read ? [selected, also] : [selected];
        const [bytes, more] = await readBuffers(session.device, parts);
        read ??= more;
        const pairs = new Uint32Array(bytes!);
        for (const [i, at] of part.entries()) {
          const own = pairs.subarray(i * kept * 2, (i + 1) * kept * 2);
          candidates[at] = this.#candidatesOf(session, own, skip, usesQuantised);
        }
      } finally {
        scratch.destroy();
      }
    }
    if (usesQuantised) this.#quantisedQueries += plain.length;
    return { candidates, read };
  }

  /** The `kept` smallest keys of the queries `part` with their rows, on the device. */
  async #select(
    session: Session,
    scratch: Scratch,
    { asked, skip, usesQuantised }: Question,
    part: readonly number[],
    kept: number,
  ): Promise<BufferPart> {
    const { kernels, floats, quantised, mask } = session;
    const { rows, dimension: d } = this;
    const count = part.length;
    const keys = { buffer: scratch.storage(count * rows * 4, 'keys'), capacity: rows };
    const bits = mask.bits(skip);
    if (usesQuantised) {
      const queries = asked.quantised(session, scratch, part);
      await scanQuantised(scratch, session, quantised, queries, bits, keys, d);
    } else {
      const queries = { count, buffer: asked.floats(session, scratch, part) };
      await scanDistances(scratch, session, floats, queries, bits, keys, Math.ceil(d / 4));
    }
    return select(scratch, kernels, keys.buffer, { queries: count, capacity: rows, rows, kept });
  }

  #candidatesOf(
    { mask, floats }: Session,
    pairs: Uint32Array,
    skip: RowSet | undefined,
    usesQuantised: boolean,
  ): Candidates {
    const special = mask.special.filter((row) => !has(skip, row));
    const rows = [...special];
    const lower = special.map(() => 0);
    const lowest = usesQuantised
      ? minFromQuantised
      : (distance: number) => lessRounding(this.#bound.lower(distance), floats.rounding);
    let bound = 0;
    let isAll = false;
    for (let i = 0; i < pairs.length; i += 2) {
      // Fewer than were to be kept: all that a shader may see are listed.
      isAll = pairs[i] === noKey;
      if (isAll) break;
      bound = lowest(floatOf(pairs[i]!));
      rows.push(pairs[i + 1]!);
      lower.push(bound);
    }
    if (rows.length === this.rows) isAll = true;
    return {
      rows: Uint32Array.from(rows),
      bound: isAll ? Number.POSITIVE_INFINITY : bound,
      lower: Float64Array.from(lower),
    };
  }
}

/** The reference's own rounding is relative, (d + 2)·2⁻⁵³ at most. */
const minFromQuantised = (bound: number): number => bound * (1 - 1e-10);

/** Least squared distance to a row that is no farther than `rounding` from one whose squared distance is `squared`. */
const lessRounding = (squared: number, rounding: number): number =>
  rounding === 0 ? squared : Math.max(0, Math.sqrt(squared) - rounding) ** 2 * (1 - 1e-12);

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function floatOf(key: number): number {
  bits[0] = key;
  return float[0]!;
}
