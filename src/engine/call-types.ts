import type { ErrorCode } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { MetaFilter } from '../base/meta-filter.ts';
import type { Region } from '../image/crop.ts';
import { isPixelRows, type Pixels } from '../image/pixels.ts';
import type { CallOptions, ModelFiles } from './types.ts';

/** An item on its way into the engine: what it holds can be posted to a worker. */
export type EngineItem<Source> = {
  id: string;
  meta?: Json | undefined;
  /** Of a vector: the SHA-256 of the picture's bytes. */
  hash?: string | undefined;
} & EnginePicture<Source>;

/** What has features, or gets them. */
export type EnginePicture<Source> = { source: Source; region?: Region } | { vector: Float32Array };

/** A picture of a query on its way into the engine: one in the index is known by its id. */
export type EngineQuery<Source> = EnginePicture<Source> | { id: string };

/** Which pictures are compared with queries, as it can be posted. */
export interface EngineCompareOptions extends CallOptions {
  /**
   * Of each query the weights of its pictures: those follow one another in one list, which can be posted as that of
   * `add`. Left out, each picture is a query.
   */
  weights?: readonly (readonly number[])[] | undefined;
  /** Ids; those that are not in the index are passed over. */
  exclude?: readonly string[] | undefined;
  filter?: readonly string[] | { meta: MetaFilter } | undefined;
}

export interface EngineQueryOptions extends EngineCompareOptions {
  k: number;
  /** The caller left k out: a server that gives fewer gives what it does. */
  isUsualK?: boolean | undefined;
  /** How many of the nearest are passed over. */
  offset?: number | undefined;
  maxDistance?: number | undefined;
}

/** What one `add` did. Plain data: an error's class is lost between threads. */
export interface EngineAdded {
  added: number;
  replaced: number;
  /** They were there with the same content and metadata. */
  unchanged: number;
  /** The network saw them. */
  extracted: number;
  /** Pictures in the index now. */
  size: number;
  /** `at`: the item's position among the items of the call. */
  failed: { at: number; code: ErrorCode; message: string }[];
}

/** Reads whatever the platform's `Source` is. */
export interface PictureReader<Source> {
  /** Decodes it, applies the EXIF orientation or not. */
  pixels(source: Source): Promise<Pixels>;
  /** The encoded picture; `undefined` where the source is pixels. */
  bytes(source: Source): Promise<Uint8Array | undefined>;
  /** Gives the memory of what {@link pixels} or {@link bytes} gave back. Left out where callers may have it, too. */
  release?(array: ArrayBufferView | undefined): void;
}

/** A photograph of 12 megapixels has 48 MB of pixels: they go when the network's input is made. */
export function releasePixels(reader: PictureReader<never>, pixels: Pixels): void {
  if (isPixelRows(pixels)) {
    pixels.close();
    return;
  }
  reader.release?.(pixels.rgba);
  reader.release?.(pixels.gray);
}

/** How a network runs. */
export interface RunningNetwork {
  /** Pictures that one `add` takes best. */
  batchSize: number;
  threads: number;
  /** Where its files are. */
  where: ModelFiles['where'];
}
