import type { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { MetaFilter } from '../base/meta-filter.ts';
import type * as web from '../base/web-types.ts';
import type { Region } from '../image/crop.ts';
import type { ImageSource } from '../image/image-source.ts';
import type { BackendName } from '../knn/backend/backend.ts';
import type { Dropped } from '../store/format/log.ts';

/** What `onChange` tells. */
export interface IndexChange {
  /** Pictures in the index now. */
  size: number;
}

/** Something to add: a picture, or a feature vector made earlier by the same model. */
export type Item = {
  id: string;
  /** Kept with the picture and returned with hits: what JSON can hold, up to 1 MiB. */
  meta?: Json | undefined;
} & (
  | { image: ImageSource }
  | {
      vector: Float32Array;
      /** SHA-256 of the picture's bytes, as `entries` tells it: a file with these bytes is not extracted again. */
      hash?: string | undefined;
    }
);

/** One answer of a query. */
export interface Hit {
  id: string;
  /** Euclidean distance between the normalised features: 0 (same picture) … 2. */
  distance: number;
  /** What was added with the picture. */
  meta?: Json;
}

/** How much of the exact answer an approximate index finds. */
export interface Recall {
  /** The share of the exact k nearest that are among the k found: 0 … 1, over all sampled queries. */
  value: number;
  /** Neighbours of each query. */
  k: number;
  /** Queries that were answered both ways. */
  queries: number;
}

/** The answer of a query: a list of hits that says how they were found. Copies of the list (`slice`, JSON) do not say it. */
export interface Hits extends Array<Hit> {
  /** Whether these are the nearest for certain. Always, but for a server (`open({ server })`) whose index is approximate. */
  readonly exact: boolean;
  /** The recall that the server measured, where the answer is not exact; else, and before it has measured, `null`. */
  readonly recall: Recall | null;
}

/** How far a call has come. A call may have several phases; in each, `done` rises to `total`. */
export interface Progress {
  /**
   * - `model`: the model's files are fetched or read (`open`; with `network: 'lazy'` `loadNetwork` and the first call that
   *   extracts)
   * - `add`: pictures are read, extracted and stored (`add`)
   * - `extract`: pictures that are asked for are read and extracted (`query`, `queryMany`, `distances`, `extract`,
   *   `explain`)
   * - `explain`: what each cell of the grid brings is computed (`explain`)
   * - `read`: features are read from where the index is kept (`features`, `export`, `import`; the first `query`)
   * - `write`: pictures are written to where the index is kept (`save`, `import`, `compact`)
   * - `compare`: pictures are compared with a query (`distances`) or with each other (`duplicates`, `map`)
   * - `layout`: pictures are placed (`map`)
   */
  phase: 'model' | 'add' | 'extract' | 'explain' | 'read' | 'write' | 'compare' | 'layout';
  /** Bytes of the model that are here, cells of a grid that is explained; in all other phases pictures. */
  done: number;
  total: number;
  /** Bytes of the model that came over the network; 0 for one that was stored. */
  fetched?: number;
  /** Of the pictures that are done, those that the network saw; the others were known, or could not be read. */
  extracted?: number;
}

export interface CallOptions {
  /** Ends the call early: it rejects with the signal's reason. Nothing has changed then; only `add` keeps what it has added. */
  signal?: web.AbortSignal | undefined;
  /** Told how far the call has come. What it throws ends the call, which rejects with it. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** One of the pictures that a query is made of. */
export type QueryPart = {
  /**
   * How much it counts: above 0 for pictures to be like, below 0 for those not to be like; finite, not 0. Default 1.
   * Literature has -0.2 for a picture not to be like (Manning et al., chapter 9).
   */
  weight?: number | undefined;
} & (
  | {
      image: ImageSource;
      /** The part of the picture that counts. Default: all of it. */
      region?: Region | undefined;
    }
  /** A picture in the index, by its stored features: nothing is extracted. It is not among the answers. */
  | { id: string }
  | { vector: Float32Array }
);

/**
 * What is searched for: a picture, a feature vector of finite values, a picture of the index (`{ id: 'a' }`), or several
 * of them.
 *
 * Several make one query by Rocchio's formula: q = 1/|P| · Σ wᵢ·xᵢ over P − 1/|N| · Σ |wᵢ|·xᵢ over N, divided by its
 * norm. P are the pictures with a weight above 0, at least one; N those with a weight below; xᵢ are their features, each
 * divided by its norm. (J. J. Rocchio, Relevance feedback in information retrieval, 1971; Manning, Raghavan and Schütze,
 * Introduction to Information Retrieval, 2008, equation 9.3, where the first query is one of P.) One picture alone is
 * taken as it is, whatever its weight.
 */
export type Query = ImageSource | Float32Array | QueryPart | Iterable<QueryPart>;

/** Which part of a list. */
export interface PageOptions {
  /** How many are passed over. Default 0. */
  offset?: number | undefined;
  /** How many at most. Default: all that follow. */
  limit?: number | undefined;
}

/** How a picture is read. */
export interface ExtractOptions extends CallOptions {
  /** The part of the picture that counts. Default: all of it. */
  region?: Region | undefined;
}

/** Which pictures are compared with a query. */
export interface CompareOptions extends ExtractOptions {
  /** Ids of pictures that do not take part, e.g. the query's own. */
  exclude?: Iterable<string> | undefined;
  /**
   * The only pictures that take part: their ids; what their metadata has to be, which is asked where the index is; or a
   * predicate, which may not be async, and to which all ids and metadata are brought.
   */
  filter?:
    | Iterable<string>
    | { meta: MetaFilter }
    | ((id: string, meta: Json | undefined) => boolean)
    | undefined;
}

export interface QueryOptions extends CompareOptions {
  /** How many pictures; fewer come where fewer take part. Default 30. */
  k?: number | undefined;
  /**
   * How many of the nearest are passed over, for pages of results: `{ k: 30, offset: 60 }` is the third page. While the
   * index does not change, pages neither overlap nor leave a picture out. A page takes as long as `k + offset` pictures
   * would; ask with a vector (`extract`, `vector`), so that a picture is extracted once. Default 0.
   */
  offset?: number | undefined;
  /** Pictures farther than this are left out: 0 … 2 for normalised features. */
  maxDistance?: number | undefined;
}

export interface DistanceOptions extends CompareOptions {
  /** So many bins of one width, from 0 to the farthest picture; 1 … 100,000. Default 40. */
  bins?: number | undefined;
  /** Instead of `bins`: the edges of the bins, two or more ascending numbers. */
  edges?: Iterable<number> | undefined;
}

/** How large a picture is; what is not known is left out. */
export interface PictureSize {
  /** In pixels. */
  width?: number | undefined;
  height?: number | undefined;
  /** Of its file. */
  byteLength?: number | undefined;
}

/** Two pictures that are near to each other: `a` was added before `b`. */
export interface DuplicatePair {
  a: string;
  b: string;
  /** As in {@link Hit}. */
  distance: number;
}

export interface DuplicatesOptions extends CallOptions, Pick<QueryOptions, 'filter'> {
  /**
   * Pictures up to this far from each other are near-duplicates: 0 … 2. Default 0.2.
   */
  maxDistance?: number | undefined;
  /**
   * Given all pairs, some thousand at a time: by their first picture, then by distance, ties in the order of adding. The
   * next are looked for when what it returns has resolved, so any number of pairs takes no more memory. Without it, pairs
   * that add nothing to the groups are passed over. What it throws ends the call.
   */
  onPairs?: ((pairs: DuplicatePair[]) => unknown) | undefined;
  /** How large a picture of a group is: an index does not keep that. Without it, the picture that was added first is best. */
  sizeOf?:
    | ((entry: { id: string; meta?: Json }) => PictureSize | undefined | Promise<PictureSize | undefined>)
    | undefined;
}

/** Pictures that near-duplicates connect, one by one: two of a group may be farther from each other than `maxDistance`. */
export interface DuplicateGroup {
  /**
   * Two or more, the best first: most pixels, then most bytes, then the order of adding. `distance`: from the first.
   */
  pictures: (Hit & PictureSize)[];
}

export interface MapOptions extends CallOptions, Pick<QueryOptions, 'filter'> {
  /** Nearest neighbours of each picture that the map keeps together: 2 … 200. More show less detail. Default 15. */
  neighbours?: number | undefined;
}

/** Where pictures are in the plane. */
export interface PictureMap {
  /** In the order of adding. */
  ids: string[];
  /**
   * ids.length × 2: x and y of each picture, 0 … 1. The longer side of the map reaches from 0 to 1, the other one lies in
   * the middle. Only nearness says something: axes, and distances between groups, have no unit.
   */
  coordinates: Float32Array;
}

/** How much each place of a picture counts for its similarity to something: a grid over the picture. */
export interface SimilarityMap {
  /** Cells of a row. */
  columns: number;
  /** Rows of cells. */
  rows: number;
  /**
   * columns × rows, row by row from the top left: how much of the similarity the place brings, 0 … 2 in units of the
   * cosine; 0 where it takes from the similarity. The values do not sum to the similarity. To draw them, divide by the
   * largest.
   */
  values: Float32Array;
  /**
   * Cosine of the two feature vectors, -1 … 1; 0 … 1 for pictures. For features of length 1 it is 1 - distance² / 2, to
   * float32's precision.
   */
  similarity: number;
  /**
   * The part of the picture that the grid covers: the region, or all of the picture; less where the model cuts out the
   * middle. In pixels of the picture, as a {@link Region} is; fractions are possible.
   */
  area: { x: number; y: number; width: number; height: number };
}

/** An index's rows in order, as one block. */
export interface Features {
  ids: string[];
  /** Values in a row. */
  dimension: number;
  /** ids.length × dimension. */
  values: Float32Array;
}

/** What `add` did. Pictures that cannot be read are reported here and do not stop the others. */
export interface AddReport {
  added: number;
  /** Items whose id was there already. */
  replaced: number;
  /** Items that a stored index had already, with the same content and metadata: nothing was done. */
  unchanged: number;
  /** Pictures that the network saw; those whose content the stored index had already it did not. */
  extracted: number;
  failed: { id: string; error: LikenessError }[];
}

/** Where an index is kept. */
export interface StoreReport {
  /** What keeps it: `opfs:…`, `indexeddb:…` where OPFS cannot be written in place, `memory` … */
  name: string;
  readOnly: boolean;
  /** Of its file. */
  byteLength: number;
  /** What opening found torn by a crash and left out: it had not been acknowledged. */
  dropped: Dropped | null;
  /** Pictures whose features were damaged on the medium; they are out of the index and can be added again. */
  damaged: string[];
  /** What goes otherwise than was asked for: e.g. that this browser keeps nothing, and the index is in memory. */
  warnings: string[];
}

/** Where the model's files are; from `memory` they are gone with the page. What went wrong with storing them. */
export interface ModelFiles {
  where: 'opfs' | 'indexeddb' | 'memory' | 'folder';
  warnings: string[];
}

/** A server of vectors, as it said just now. */
export interface ServerReport {
  /** Where it is, without a token. */
  url: string;
  /** What keeps its vectors. */
  engine: string;
  /** Whether its answers are exact now, */
  exact: boolean;
  /** and if not, the recall that it has measured. */
  recall: Recall | null;
  /** So many milliseconds a change may stay unseen by another server over the same vectors. */
  staleMs: number;
  /** Whether it takes changes, from whoever has the token. */
  writable: boolean;
}

/** What runs, and why. */
export interface Report {
  model: { name: string; version: string; fingerprint: string; dimension: number };
  /** Where features are extracted; `null` while the network is not loaded (`open` with `network: 'lazy'`). */
  extractor: {
    backend: 'wasm' | 'webgpu';
    /** @deprecated the same as `backend`; goes with version 0.2 */
    device: 'wasm' | 'webgpu';
    threads: number;
    reason: string;
  } | null;
  /** Where neighbours are searched. */
  knn: { backend: BackendName | 'server'; reason: string };
  /** Pictures in the index. */
  size: number;
  /**
   * Pictures whose features are not of length 1 and so were not made by this model: their distances say nothing. `null`
   * while the features of a stored index have not been read.
   */
  notNormalised: number | null;
  /** Where the index is kept; `null` when it is not. */
  store: StoreReport | null;
  /** `null` while the network is not loaded. */
  modelFiles: ModelFiles | null;
  /** The server that searches (`open({ server })`); left out where the index is here. */
  server?: ServerReport;
}
