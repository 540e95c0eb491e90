/**
 * What went wrong, for programs. The message says what came, what was wanted and what to do next.
 *
 * - `bad-argument`: a call's argument has the wrong type, range or shape
 * - `bad-image`: a picture cannot be read or decoded
 * - `bad-model`: a manifest, graph or weight shard is missing, malformed or fails its hash
 * - `model-mismatch`: features of one model met an index of another
 * - `bad-file`: a `.npy` file or an index on disk is malformed or truncated
 * - `newer-format`: an index was written by a newer version of Likeness
 * - `not-found`: a file, URL or id does not exist
 * - `in-use`: something else has it open; wait for it, or close it
 * - `no-backend`: no backend here can do the work
 * - `device-lost`: the GPU device went away
 * - `locked`: another tab or process writes to the index
 * - `read-only`: the index can only be read
 * - `storage-full`: disk or quota is used up; what was stored before is there
 * - `storage-denied`: no permission to store; what was stored before can be read
 * - `storage-failed`: the disk or the browser's storage failed
 * - `closed`: the object was used after `close()`
 */
export type ErrorCode =
  | 'bad-argument'
  | 'bad-image'
  | 'bad-model'
  | 'model-mismatch'
  | 'bad-file'
  | 'newer-format'
  | 'not-found'
  | 'in-use'
  | 'no-backend'
  | 'device-lost'
  | 'locked'
  | 'read-only'
  | 'storage-full'
  | 'storage-denied'
  | 'storage-failed'
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
