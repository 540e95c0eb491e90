/** What went wrong at a service, in the words of a message. */
export interface ServiceFault {
  code: 'not-found' | 'storage-denied' | 'storage-failed';
  why: string;
}

/**
 * What LanceDB's client throws of its service; `undefined` for other errors. The client's own text repeats itself for each
 * layer, and says after `Caused by` what has come.
 */
export function serviceFault(text: string): ServiceFault | undefined {
  if (!/\brequest_id=|\bLanceDB Cloud\b/.test(text)) return undefined;
  const host = /\burl \((https?:\/\/[^/\s)]+)/.exec(text)?.[1];
  const service = host === undefined ? "LanceDB's service" : `LanceDB's service at ${host}`;
  const [, status, said = ''] =
    /\b([45]\d\d) [A-Z][A-Za-z -]+(?:: (.*?))?\s*(?:Caused by|$)/s.exec(text) ?? [];
  if (status === '401' || status === '403') {
    return {
      code: 'storage-denied',
      why: `${service} refuses (${status}). Look at its key (LANCEDB_API_KEY, or apiKey), at the name of the database and its region, and whether the key may write there.`,
    };
  }
  if (/\bTable '.*' was not found/.test(text)) {
    return {
      code: 'not-found',
      why: `${service} has no such table. Look at the name of the database, its region, and whether the table was removed.`,
    };
  }
  if (status === '429' || status?.startsWith('5')) {
    return {
      code: 'storage-failed',
      why: `${service} answered ${status}, also when it was asked again. Try again later; what was acknowledged is there.`,
    };
  }
  if (status !== undefined) {
    const words = said.trim() === '' ? '' : `: ${said.trim().slice(0, 300)}`;
    return { code: 'storage-failed', why: `${service} answered ${status}${words.replace(/[.]?$/, '.')}` };
  }
  if (/error decoding response body|body from connection/.test(text)) {
    return {
      code: 'storage-failed',
      why: `${service} ended its answer before it was whole. Try again; what was acknowledged is there.`,
    };
  }
  if (/error sending request|[Tt]imed? ?out|connect error/.test(text)) {
    return {
      code: 'storage-failed',
      why: `${service} does not answer. Look at the name of the database and its region, or at hostOverride; then try again: what was acknowledged is there.`,
    };
  }
  return undefined;
}
