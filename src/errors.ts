/**
 * What went wrong, for programs. The message says what came, what was wanted and what to do next.
 *
 * - `bad-argument`: a call's argument has the wrong type, range or shape
 * - `bad-image`: a picture cannot be read or decoded
 * - `bad-model`: a manifest, graph or weight shard is missing, malformed or fails its hash
 * - `model-mismatch`: features of one model met an index of another
 * - `bad-file`: a `.npy` file or an index on disk is malformed or truncated
 * - `not-found`: a file, URL or id does not exist
 * - `in-use`: something else has it open; wait for it, or close it
 * - `no-backend`: no backend here can do the work
 * - `device-lost`: the GPU device went away
 * - `closed`: the object was used after `close()`
 */
export type ErrorCode =
  | 'bad-argument'
  | 'bad-image'
  | 'bad-model'
  | 'model-mismatch'
  | 'bad-file'
  | 'not-found'
  | 'in-use'
  | 'no-backend'
  | 'device-lost'
  | 'closed';

/** The one error class of Likeness. Aborted calls reject with their signal's reason instead. */
export class LikenessError extends Error {
  override readonly name = 'LikenessError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
