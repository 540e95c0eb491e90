import { programUrl } from './place.ts';
import { hearPolicy, type PolicyEar, sourceOf } from './policy.ts';
import { isNode } from './shared-memory.ts';

/** Why something was not loaded, in words that follow `… cannot be fetched: `. */
export interface Why {
  reason: string;
  /** Whether it will be the same next time. */
  isFinal: boolean;
}

/** What is answered in that time is looked at. */
const timeoutMs = 5000;

/** For a page that was opened from disk, whose browser lets it read nothing. */
export const fromDisk = (url: string): string | undefined =>
  new URL(url).protocol === 'file:'
    ? 'a page that is opened from disk (file:) may not load its files. Open it from a web server, by http or https'
    : undefined;

/**
 * Why `fetch` failed, of which browsers tell a page nothing: asks once more in a way in which an answer may not be read.
 *
 * @param error what it threw
 */
export async function whyNotFetched(url: string, error: unknown): Promise<Why> {
  if (isNode()) return { reason: `${causeOf(error)}; is the network there?`, isFinal: false };
  const said = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  const absolute = programUrl(url);
  return absolute === undefined ? { reason: said, isFinal: false } : askAgain(absolute, said);
}

/** A message with its end: a reason may be a question. */
export const sentence = (message: string): string => (/[.?!]$/.test(message) ? message : `${message}.`);

/** Node's `fetch` says what happened only in the cause. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { code, message: why } = (cause ?? {}) as { code?: string; message?: string };
  return code ?? why ?? message;
}

async function askAgain(url: string, said: string): Promise<Why> {
  const disk = fromDisk(url);
  if (disk) return { reason: disk, isFinal: true };
  const policy = hearPolicy();
  try {
    const type = await answerOf(url);
    const refusal = await policy.refused(url);
    if (refusal) return { reason: refusal, isFinal: true };
    if (type === 'opaque') {
      return {
        reason: `${said}. Its server answers, but does not allow a page of ${globalThis.origin} to read it (CORS): it has to send the header Access-Control-Allow-Origin`,
        isFinal: false, // a proxy's page for a server that is busy has no such header either
      };
    }
    const isHere = type !== undefined || sourceOf(url) === "'self'";
    const question = isHere
      ? 'is the network there?'
      : 'is it spelled right, is the network there, and does its server allow this page to read it (CORS)?';
    return { reason: `${said}; ${question}`, isFinal: false };
  } finally {
    policy.end();
  }
}

/** The type of a response that may come from anywhere; `undefined` where none comes. */
async function answerOf(url: string): Promise<ResponseType | undefined> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), timeoutMs);
  try {
    return (await fetch(url, { mode: 'no-cors', signal: control.signal })).type;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    control.abort();
  }
}

/** What a server with a page for everything sends for a file that it has not. */
export const isHtml = (bytes: Uint8Array): boolean =>
  /^\uFEFF?\s*<(!doctype\s+html|html|head|body)\b/i.test(new TextDecoder().decode(bytes.subarray(0, 256)));

/** How that is told. */
export const notServed =
  'a page of HTML came: the file was not served, and the server answers with a page for what it has not';

/** For a bundler that copies no files, or a folder that was copied in part. */
const whereFrom =
  "copy all of node_modules/likeness-search/dist/web to your site, and name that folder, as { assets: '/likeness/' }";

/**
 * Why a script was not loaded, as a module or as a worker: fetches it and looks.
 *
 * @param policy one that has listened since before that
 * @returns `undefined` where nothing is wrong with the file
 */
export async function whyNotLoaded(
  url: string,
  policy: PolicyEar,
  kind: 'module' | 'worker',
): Promise<string | undefined> {
  const disk = fromDisk(url);
  if (disk) return disk;
  const refusal = await policy.refused(url);
  if (refusal) return refusal;
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    return (await whyNotFetched(url, error)).reason;
  }
  if (response.status === 404) return `the server answered 404; ${whereFrom}`;
  if (!response.ok) return `the server answered ${response.status}`;
  const type = response.headers.get('content-type');
  if (isHtml(new Uint8Array(await response.arrayBuffer()))) return notServed;
  if (!/javascript|ecmascript/i.test(type ?? '')) {
    return `the server sends it as ${type ?? 'no type'}, and browsers run modules and workers only as text/javascript`;
  }
  const isIsolated = globalThis.crossOriginIsolated === true && sourceOf(url) === "'self'";
  if (kind === 'worker' && isIsolated && !response.headers.has('cross-origin-embedder-policy')) {
    return 'this page is cross-origin isolated, and the scripts of its workers have to come with the header Cross-Origin-Embedder-Policy, too';
  }
  return undefined;
}

/** What a page has to allow for a worker, where nothing says what it does not. */
export function howToStart(url: string | undefined): string {
  const source = url === undefined ? "'self'" : sourceOf(url);
  const policy =
    source === "'self'" ? "worker-src 'self'" : `worker-src blob: ${source} and script-src ${source}`;
  const cors =
    source === "'self'" ? '' : ', and its server has to allow it by CORS (Access-Control-Allow-Origin)';
  return `a Content-Security-Policy has to allow ${policy}${cors}`;
}
