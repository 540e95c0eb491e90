import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasVersion } from '../../server/exchange.ts';
import { sendText } from './send-body.ts';

/** What tells one content at an address from another. */
export interface Version {
  /** In quotes; it is sent as a weak one, as files' are. */
  tag: string;
  modified?: Date;
}

/**
 * Sets the headers of a version, and answers with 304 whoever has it (RFC 9110, 13.2.2): `If-None-Match` is what counts,
 * `If-Modified-Since` where there is none.
 */
export function isCurrent(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { tag, modified }: Version,
): boolean {
  response.setHeader('ETag', `W/${tag}`);
  if (modified) response.setHeader('Last-Modified', modified.toUTCString());
  const { 'if-none-match': known, 'if-modified-since': since } = headers;
  const isKnown =
    known === undefined
      ? modified !== undefined && Date.parse(since ?? '') >= Math.floor(modified.getTime() / 1000) * 1000
      : hasVersion(known, tag);
  if (!isKnown) return false;
  response.statusCode = 304;
  response.end();
  return true;
}

/** Forgets a version: something else is sent. */
export function forgetVersion(response: ServerResponse): void {
  response.removeHeader('ETag');
  response.removeHeader('Last-Modified');
}

/** A text of JSON; a receiver that has this very text does not get it again. */
export function sendJson(request: IncomingMessage, response: ServerResponse, text: string): void {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  if (!isCurrent(request, response, { tag })) sendText(response, 200, text, 'application/json');
}
