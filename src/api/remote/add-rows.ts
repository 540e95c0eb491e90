import { shown } from '../../base/checks.ts';
import { LikenessError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { EngineAdded } from '../../engine/call-types.ts';
import { countsOf } from './answers.ts';
import type { Http } from './http.ts';

/** A row on its way to a server. @param at its position among the items of a call */
export interface SentRow {
  at: number;
  id: string;
  vector: Float32Array;
  meta?: Json | undefined;
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/**
 * Objects `{ "<name>": [ … ] }` of the texts, none of more bytes than `limit`; a text that is larger has one of its own.
 *
 * @param most texts in one
 */
export function* bodies(
  name: string,
  texts: Iterable<string>,
  limit: number,
  most: number,
): Generator<string> {
  const [opening, closing] = [`{"${name}":[`, ']}'];
  const room = limit - opening.length - closing.length;
  let parts: string[] = [];
  let length = 0;
  for (const text of texts) {
    const size = byteLength(text) + 1;
    if (parts.length > 0 && (length + size > room || parts.length === most)) {
      yield opening + parts.join(',') + closing;
      parts = [];
      length = 0;
    }
    parts.push(text);
    length += size;
  }
  if (parts.length > 0) yield opening + parts.join(',') + closing;
}

/** The rows as JSON; one that is larger than what a server takes is reported. */
function* textsOf(rows: readonly SentRow[], limit: number, failed: EngineAdded['failed']): Generator<string> {
  for (const { at, id, vector, meta } of rows) {
    const text = JSON.stringify({ id, vector: Array.from(vector), ...(meta !== undefined && { meta }) });
    const size = byteLength(text);
    if (size + '{"entries":[]}'.length < limit) yield text;
    else {
      const message = `The picture ${shown(id)} takes ${size} bytes with its metadata, the server takes ${limit} at once; give it less metadata.`;
      failed.push({ at, code: 'bad-argument', message });
    }
  }
}

/**
 * Adds rows to a server, in requests that it takes, one after another.
 *
 * @param fingerprint of the model that is here: a server whose index is of another by now refuses its vectors
 */
export async function addRows(
  http: Http,
  rows: readonly SentRow[],
  limit: number,
  fingerprint: string | null,
  signal: AbortSignal | undefined,
): Promise<Pick<EngineAdded, 'added' | 'replaced' | 'failed'> & { size: number | undefined }> {
  const sum = {
    added: 0,
    replaced: 0,
    failed: [] as EngineAdded['failed'],
    size: undefined as number | undefined,
  };
  for (const content of bodies('entries', textsOf(rows, limit, sum.failed), limit, Infinity)) {
    const body = { type: 'application/json', content };
    const json = await http.ask({ method: 'POST', path: 'add', body, fingerprint, isChange: true, signal });
    const { added, replaced, size } = countsOf(http, json, 'added', 'replaced', 'size');
    sum.added += added;
    sum.replaced += replaced;
    sum.size = size;
  }
  return sum;
}

/** @throws LikenessError `read-only` without a token */
export function checkWriter({ address: { name, token } }: Http): void {
  if (token !== undefined) return;
  throw new LikenessError(
    'read-only',
    `The server ${name} is open without a token, so nothing is added or removed there; open it with { server: { url, token } }.`,
  );
}
