import { LikenessError } from '../../base/errors.ts';

/** Bytes of one chunk: adding never copies what is there, and no single array meets an engine's limit. */
const chunkBytes = 1 << 24;

/** Rows of `dimension` float32 values in JavaScript memory, in chunks of whole rows. */
export class Rows {
  readonly dimension: number;
  /** Rows that one chunk holds. */
  readonly #rowsPerChunk: number;
  readonly #chunks: Float32Array[] = [];
  #count = 0;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#rowsPerChunk = Math.max(1, Math.floor(chunkBytes / (4 * dimension)));
  }

  get count(): number {
    return this.#count;
  }

  append(values: Float32Array): void {
    const d = this.dimension;
    const rowsPerChunk = this.#rowsPerChunk;
    const added = values.length / d;
    while (this.#chunks.length * rowsPerChunk < this.#count + added) {
      this.#chunks.push(allocate(rowsPerChunk * d));
    }
    for (let done = 0; done < added; ) {
      const chunk = Math.floor(this.#count / rowsPerChunk);
      const place = this.#count % rowsPerChunk;
      const fits = Math.min(added - done, rowsPerChunk - place);
      this.#chunks[chunk]!.set(values.subarray(done * d, (done + fits) * d), place * d);
      done += fits;
      this.#count += fits;
    }
  }

  set(row: number, values: Float32Array): void {
    this.row(row).set(values);
  }

  /** Removes rows (ascending, distinct); the others keep their order. */
  remove(rows: readonly number[]): void {
    let next = 0;
    let to = rows[0] ?? this.#count;
    for (let from = to; from < this.#count; from++) {
      if (rows[next] === from) next++;
      else this.row(to++).set(this.row(from));
    }
    this.#count = to;
    this.#chunks.length = Math.ceil(to / this.#rowsPerChunk);
  }

  /** A view of one row. */
  row(row: number): Float32Array {
    const start = (row % this.#rowsPerChunk) * this.dimension;
    return this.#chunks[Math.floor(row / this.#rowsPerChunk)]!.subarray(start, start + this.dimension);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#count = 0;
  }
}

function allocate(length: number): Float32Array {
  try {
    return new Float32Array(length);
  } catch (error) {
    throw new LikenessError(
      'out-of-memory',
      `There is no memory for another ${(4 * length) / 2 ** 20} MiB of rows; keep fewer rows in this index.`,
      { cause: error },
    );
  }
}
