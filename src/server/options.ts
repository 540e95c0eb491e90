import type { VectorEngine } from '../engine/vector-engine.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';

/** Which model makes the vectors, and where a page finds it. */
export interface ServedModel {
  name: string;
  version: string | null;
  /** Its folder, from `/api/`; `null` where this server does not have it. */
  url: string | null;
}

/** What a server of vectors is made of. */
export interface ApiOptions {
  engine: VectorEngine;
  /** What keeps the vectors. */
  kind: 'likeness' | 'lancedb';
  model: ServedModel | null;
  /** Of those who may write; without one nobody may. */
  token?: string | undefined;
  /** Origins whose pages may ask: `https://example.org`, or `*`. */
  origins?: readonly string[] | undefined;
  /** Makes the vector of a picture; without it pictures are refused. */
  extract?: ((picture: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<Float32Array>) | undefined;
  limits?: Partial<Limits> | undefined;
  log: Log;
}
