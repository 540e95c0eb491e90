import { LikenessError } from '../base/errors.ts';

/** An answer that is an error: `{ "error": { "code", "message" } }`. */
export class HttpError extends Error {
  readonly status: number;
  /** For programs, as `LikenessError` has one. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** A client that has gone: nobody reads the answer, the log has this status. */
export const clientGone = 499;

/** Statuses of errors of the library; all others are 500. */
const statuses: Readonly<Partial<Record<LikenessError['code'], number>>> = {
  'bad-argument': 422,
  'bad-image': 422,
  'not-found': 404,
  'model-mismatch': 409,
  'read-only': 403,
  // Another process writes, or this one has no memory: later it may go well.
  locked: 503,
  'in-use': 503,
  'out-of-memory': 503,
  closed: 503,
};

/** Whether what keeps the vectors is at fault: a disk, or an object store that is away, full or refuses. */
export const isStoreFault = (error: unknown): error is LikenessError =>
  error instanceof LikenessError && error.code.startsWith('storage-');

/** What a client is told of anything that was thrown. */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (isStoreFault(error)) {
    // Where the store is, and what it says, is the server's own business.
    const message =
      'The store of this server does not answer as it should; the log says why. Ask again later.';
    return new HttpError(503, error.code, message, { 'Retry-After': '5' });
  }
  if (error instanceof LikenessError) {
    const status = statuses[error.code] ?? 500;
    const code = error.code === 'model-mismatch' ? 'wrong-model' : error.code;
    return new HttpError(status, code, error.message, status === 503 ? { 'Retry-After': '2' } : {});
  }
  // Paths and addresses are the server's own business.
  return new HttpError(500, 'failed', 'The server could not do that. Its log says why; ask again later.');
}
