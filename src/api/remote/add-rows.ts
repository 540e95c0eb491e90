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

const opening = '{"entries":[';
const closing = ']}';

/** The rows as bodies that a server takes; a row that is larger than one is reported. */
function* bodies(rows: readonly SentRow[], limit: number, failed: EngineAdded['failed']): Generator<string> {
  const encoder = new TextEncoder();
  const room = limit - opening.length - closing.length;
  let parts: string[] = [];
  let length = 0;
  for (const { at, id, vector, meta } of rows) {
    const text = JSON.stringify({ id, vector: Array.from(vector), ...(meta !== undefined && { meta }) });
    const size = encoder.encode(text).length + 1;
    if (size > room) {
      const message = `The picture ${JSON.stringify(id)} takes ${size} bytes with its metadata, the server takes ${limit} at once; give it less metadata.`;
      failed.push({ at, code: 'bad-argument', message });
      continue;
    }
    if (length + size > room) {
      yield opening + parts.join(',') + closing;
      parts = [];
      length = 0;
    }
    parts.push(text);
    length += size;
  }
  if (parts.length > 0) yield opening + parts.join(',') + closing;
}

/** Adds rows to a server, in requests that it takes, one after another. */
export async function addRows(
  http: Http,
  rows: readonly SentRow[],
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Pick<EngineAdded, 'added' | 'replaced' | 'failed'> & { size: number | undefined }> {
  const sum = {
    added: 0,
    replaced: 0,
    failed: [] as EngineAdded['failed'],
    size: undefined as number | undefined,
  };
  for (const content of bodies(rows, limit, sum.failed)) {
    const body = { type: 'application/json', content };
    const json = await http.ask({ method: 'POST', path: 'add', body, isChange: true, signal });
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
