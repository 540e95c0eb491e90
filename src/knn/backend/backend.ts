import type * as web from '../../base/web-types.ts';

/** What holds the rows of an index and finds candidates for the nearest. */
export type BackendName = 'js' | 'wasm' | 'wasm-relaxed' | 'webgpu';

/** @internal What a backend found for one query. */
export interface Candidates {
  /** Distinct rows, in any order; at least min(k, rows) of them. */
  rows: Uint32Array;
  /**
   * Proven lower bound on the squared distance (as the f64 reference computes it) of every row that is not listed.
   * `Infinity` if all rows of finite distance are listed. Rows of infinite or NaN distance may be left out only then, and
   * only if k finite ones are listed.
   */
  bound: number;
  /**
   * Proven lower bounds on the squared distances of the listed rows, if the backend has any. Rows are then listed in the
   * best order to score them. A row whose bound is beyond the k-th distance found need not be scored.
   */
  lower?: Float64Array | undefined;
  /** Full rows that were scored to find these, if not all were. */
  scored?: number | undefined;
}

/** Queries that are on a GPU: `count` × d float32 at the start of a buffer that may be copied from. */
export interface DeviceQueries {
  buffer: web.GPUBuffer;
  count: number;
}

/** @internal A set of rows: bit r % 32 of word r / 32 (rounded down) says whether row r belongs to it. */
export type RowSet = Uint32Array;

/** @internal Rows in an order. Row j of an n × d block is its values j·d … j·d+d-1. */
export interface RowHolder {
  readonly name: BackendName;
  /** d: values in a row. */
  readonly dimension: number;
  /** n: rows held. */
  readonly rows: number;
  /** Adds `values.length / d` rows at the end. Throws `LikenessError` and changes nothing when there is no room. */
  append(values: Float32Array): void;
  /** Replaces row `row`. */
  set(row: number, values: Float32Array): void;
  /** Removes rows (ascending, distinct); the others keep their order and move up. */
  remove(rows: readonly number[]): void;
  /** The d values of `row`: a view that any change of the index invalidates. */
  row(row: number): Float32Array;
  close(): void;
}

/**
 * A search over rows. It filters; it never decides the order: `Search` scores the candidates again in f64 and asks for
 * more when the bound does not separate the k-th of them from the rest.
 *
 * @internal
 */
export interface SearchedRows extends Pick<RowHolder, 'dimension' | 'rows' | 'row'> {
  /**
   * Candidates for the `k` nearest rows of each query.
   *
   * @param queries q × d float32
   * @param k 1 … rows, of those that are not skipped
   * @param skip rows that do not exist for this call: they are not listed, and the bound says nothing about them
   */
  candidates(queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]>;
  /** What {@link candidatesOnDevice} reads queries from. */
  readonly device?: web.GPUDevice;
  /**
   * As `candidates`, for queries on the device of this backend. Their values, which the exact order needs, come back in the
   * same read-back as the candidates.
   */
  candidatesOnDevice?(
    queries: DeviceQueries,
    k: number,
    skip?: RowSet,
  ): Promise<{ values: Float32Array; candidates: Candidates[] }>;
}

/** @internal Rows and a search over them. Searches may run side by side: they share no state. */
export interface Backend extends RowHolder, SearchedRows {
  /** The codes of all rows, if the backend has nothing else. */
  codes?: {
    panels(): Uint8Array;
    /** Throws `LikenessError` and changes nothing if these are other bytes. */
    appendPanels(bytes: Uint8Array, rows: number): void;
  };
}
