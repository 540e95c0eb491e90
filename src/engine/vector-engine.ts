import type { Json } from '../base/json.ts';
import type { CallOptions, Hit, PageOptions, QueryOptions, Recall } from './types.ts';

export type { Recall } from './types.ts';

/** A row: what is found by its vector. */
export interface VectorRow {
  id: string;
  /** As many finite values as the index has dimensions. */
  vector: Float32Array;
  /** As in {@link Item}. */
  meta?: Json | undefined;
}

/** An answer that says how it was found. */
export interface VectorAnswer {
  hits: Hit[];
  /** Whether these are the k nearest for certain. */
  exact: boolean;
  /** The recall that was measured where the answer is not exact; `null` where it is, or before it was measured. */
  recall: Recall | null;
}

/** What is known of a row without its vector. */
export interface VectorEntry {
  id: string;
  meta?: Json;
}

/** Rows that are asked by their metadata. */
export interface EntriesOptions
  extends PageOptions,
    Pick<CallOptions, 'signal'>,
    Pick<QueryOptions, 'filter'> {}

/** What a query of vectors may ask for; all as in {@link QueryOptions}. */
export interface VectorQueryOptions
  extends Pick<QueryOptions, 'k' | 'offset' | 'filter' | 'exclude' | 'maxDistance' | 'signal'> {}

/** What `add` did. */
export interface VectorsAdded {
  added: number;
  /** Rows whose id was there already. */
  replaced: number;
}

/** Vectors by id, wherever they are kept: what a server answers from. Ids, filters and distances are those of `ImageSearch`. */
export interface VectorEngine {
  /** Values in a vector. */
  readonly dims: number;
  /** The fingerprint of the model that made the vectors; `null` where none was told. */
  readonly fingerprint: string | null;
  /** So many milliseconds a change that another process made may stay unseen here. */
  readonly staleMs: number;
  size(): Promise<number>;
  query(vector: Float32Array, options?: VectorQueryOptions): Promise<VectorAnswer>;
  /** In the order of `ids`; `undefined` where there is none. */
  vectorsOf(ids: Iterable<string>): Promise<(Float32Array | undefined)[]>;
  /** In the order of adding. `total`: how many the filter lets through. */
  entries(options?: EntriesOptions): Promise<{ entries: VectorEntry[]; total: number }>;
  has(id: string): Promise<boolean>;
  entry(id: string): Promise<VectorEntry | undefined>;
  /** An id that is there is replaced. What was added before an abort stays. */
  add(
    rows: Iterable<VectorRow> | AsyncIterable<VectorRow>,
    options?: Pick<CallOptions, 'signal'> & {
      onProgress?: ((progress: { done: number }) => void) | undefined;
    },
  ): Promise<VectorsAdded>;
  /** @returns how many were there */
  remove(ids: Iterable<string>): Promise<number>;
  /** Changes with every change of the rows. */
  version(): Promise<string>;
  close(): Promise<void>;
}
