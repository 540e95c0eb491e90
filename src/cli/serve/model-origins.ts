import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets pages of other origins load the models of this server: `GET /api/health` names the model of its vectors, and a page
 * that asks the API extracts its pictures with it.
 *
 * @param origins whose pages may ask the API; `*` is all
 * @returns whether that was all that was asked: a preflight, as older browsers send before a request with `Range`
 */
export function shareModels(
  { method, url = '', headers }: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): boolean {
  if (origins.length === 0 || !url.startsWith('/models/')) return false;
  const isAll = origins.includes('*');
  if (!isAll) response.setHeader('Vary', 'Origin');
  const { origin } = headers;
  if (origin === undefined || !(isAll || origins.includes(origin))) return false;
  response.setHeader('Access-Control-Allow-Origin', isAll ? '*' : origin);
  response.setHeader('Access-Control-Expose-Headers', 'Content-Range, ETag');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (method !== 'OPTIONS') return false;
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD');
  response.setHeader('Access-Control-Allow-Headers', 'Range, If-None-Match');
  response.setHeader('Access-Control-Max-Age', '3600');
  response.writeHead(204).end();
  return true;
}
