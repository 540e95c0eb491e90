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
 * - `out-of-memory`: there is no memory for it here; nothing has changed
 * - `no-backend`: no backend here can do the work
 * - `device-lost`: the GPU device went away
 * - `locked`: another tab or process writes to the index
 * - `read-only`: the index can only be read
 * - `storage-full`: disk or quota is used up; what was stored before is there
 * - `storage-denied`: no permission to store; what was stored before can be read
 * - `storage-failed`: the disk or the browser's storage failed
 * - `server-failed`: a server of vectors (`open({ server })`) does not answer, or answers what cannot be used; later it may
 * - `access-denied`: a server takes no changes with this token
 * - `unsupported`: a call cannot be done where the index is kept; nothing has changed
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
  | 'out-of-memory'
  | 'no-backend'
  | 'device-lost'
  | 'locked'
  | 'read-only'
  | 'storage-full'
  | 'storage-denied'
  | 'storage-failed'
  | 'server-failed'
  | 'access-denied'
  | 'unsupported'
  | 'closed';

/** On every error of Likeness, whichever copy of the code has made it: symbols by `for` are one in all of them. */
const brand = Symbol.for('likeness.error');

/**
 * The one error class of Likeness. Aborted calls reject with their signal's reason instead.
 *
 * `instanceof LikenessError` is true for the errors of every copy of the package that a program has loaded: in two
 * bundles, in two versions, in a frame. `instanceof` a subclass goes by its prototype, as ever.
 *
 * @example
 * await search.save('opfs:holiday').catch((error) => {
 *   if (error instanceof LikenessError && error.code === 'storage-full') show('There is no space left.');
 *   else throw error;
 * });
 */
export class LikenessError extends Error {
  override readonly name = 'LikenessError';
  readonly code: ErrorCode;

  static {
    Object.defineProperty(LikenessError.prototype, brand, { value: true });
    // Defined here and not as a method: in the declarations a subclass would inherit it, too.
    Object.defineProperty(LikenessError, Symbol.hasInstance, {
      value(this: unknown, value: unknown): boolean {
        if (this === LikenessError) return typeof value === 'object' && value !== null && brand in value;
        return Function.prototype[Symbol.hasInstance].call(this, value);
      },
    });
  }

  /**
   * For a {@link Store} of your own: an error that has a code is passed on as it is.
   *
   * @example throw new LikenessError('storage-full', 'The bucket takes no more; empty it, then try again.');
   */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** How engines say that there is no memory: V8, SpiderMonkey, JavaScriptCore; `new WebAssembly.Memory`, `grow`. */
const noMemory = /alloc|out of memory|invalid .*length|length too large|exceeds supported/i;

/** What was thrown, with the code `out-of-memory` where it is that. @param doing the subject of the message */
export function memoryError(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || error instanceof LikenessError) return error;
  const isKind = error instanceof RangeError || error.name === 'InternalError';
  if (!isKind || !noMemory.test(error.message)) return error;
  return new LikenessError(
    'out-of-memory',
    `${doing} needs more memory than there is here (${error.message}); nothing has changed. Do it in smaller parts, or close what is open beside it.`,
    { cause: error },
  );
}
