import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from './http-error.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Lets those write who have the token.
 *
 * @param token without one nobody writes
 * @returns throws HttpError 403 or 401 for an `Authorization` header that does not do
 */
export function writersOnly(token: string | undefined): (header: string | undefined) => void {
  if (token === undefined) {
    return () => {
      throw new HttpError(
        403,
        'writing-off',
        'This server takes no changes. To allow them, start it with LIKENESS_TOKEN or --token-file.',
      );
    };
  }
  const wanted = digest(token);
  return (header) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
    // Digests have one length, and their comparison takes one time: neither tells how much of a guess was right.
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return;
    const message =
      given === undefined
        ? 'Changes need the header "Authorization: Bearer <token>".'
        : 'The token is not the one that this server was started with.';
    throw new HttpError(401, 'no-token', message, { 'WWW-Authenticate': 'Bearer realm="likeness"' });
  };
}
