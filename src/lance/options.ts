import { checkWhole, optionsOf, refuse, signalOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type { CallOptions } from '../engine/types.ts';

/** How {@link LanceIndex.open} finds its table, or makes it. */
export interface LanceOptions {
  /** The table's name. Default `pictures`. */
  table?: string | undefined;
  /** Values in a vector. Where there is no table, one is made for such vectors; without it, that is `not-found`. */
  dims?: number | undefined;
  /**
   * The fingerprint of the model that makes the vectors (`(await search.report()).model.fingerprint`): kept with a new table, compared with
   * that of one that is there.
   */
  fingerprint?: string | undefined;
  /**
   * So many milliseconds a change by another process may stay unseen: 0 looks for changes before each call, which costs
   * one request of an object store. Changes by this object are seen at once. Default 5000.
   */
  staleMs?: number | undefined;
  /**
   * Up to so many rows that take part are compared with a query one by one, and answers are exact. Above, LanceDB's index
   * is asked, once it is there. `Infinity`: always exact. Default: as many as have 2²⁵
   * values, which is 65,536 of 512 and 8192 of 4096.
   */
  exactRows?: number | undefined;
  /**
   * The least recall (0 … 1) that an answer by LanceDB's index may have. Where less was measured, `compact` makes the index
   * look at more rows; where that is not enough, or nothing was measured yet, all rows are compared: slower, and exact.
   * 0 takes what the index finds. Default 0.9.
   */
  minRecall?: number | undefined;
  /**
   * Whether `add` starts {@link LanceIndex.compact} where the index is missing or old. `false` where another process does
   * that. Default true.
   */
  maintain?: boolean | undefined;
  /** Of an object store that speaks S3 and is not Amazon's: `https://storage.example:9000`. */
  endpoint?: string | undefined;
  /** Of `db://…`, LanceDB's service. Default: `LANCEDB_API_KEY` in the environment. */
  apiKey?: string | undefined;
  /** Of `db://…`: the service's region. Default: `LANCEDB_REGION` in the environment, else `us-east-1`. */
  region?: string | undefined;
  /**
   * Of `db://…`: a server of one's own in place of LanceDB Cloud, `https://lancedb.example`. Default:
   * `LANCEDB_HOST_OVERRIDE` in the environment.
   */
  hostOverride?: string | undefined;
  /** For LanceDB's object store, e.g. `region`, `aws_access_key_id`; what is left out comes from the environment. */
  storageOptions?: Readonly<Record<string, string>> | undefined;
}

export interface CheckedLanceOptions extends LanceOptions {
  table: string;
  staleMs: number;
  minRecall: number;
  maintain: boolean;
}

/** What {@link LanceIndex.compact} does. */
export interface CompactOptions extends Pick<CallOptions, 'signal'> {
  /**
   * So many milliseconds versions before this one are kept, and with them what was removed or replaced. A process whose
   * `staleMs` is longer may read what is no longer there. Default: an hour.
   */
  keepMs?: number | undefined;
  /** Sampled queries that recall is measured by; each compares all rows once. Default 32. */
  recallQueries?: number | undefined;
}

/** @throws LikenessError `bad-argument` */
export function compactOptions(options: CompactOptions): {
  keepMs: number;
  recallQueries: number;
  signal: AbortSignal | undefined;
} {
  const {
    keepMs = 3_600_000,
    recallQueries = 32,
    signal,
  } = optionsOf(options, 'compact', '{ keepMs: 60_000 }');
  if (typeof keepMs !== 'number' || !(keepMs >= 0)) refuse('keepMs', keepMs, 'milliseconds, 0 or more');
  checkWhole('recallQueries', recallQueries, 1, 10_000);
  return { keepMs: Math.min(keepMs, Date.now()), recallQueries, signal: signalOf(signal) };
}

/** More values in a vector than LanceDB is used with here are a mistake. */
const mostDims = 65_536;

/** Whether an address is that of an object store. */
export const isObjectStore = (uri: string): boolean => /^(s3|s3\+ddb|gs|az|abfss?):\/\//i.test(uri);

/** Whether an address is that of a database of LanceDB's own service. */
export const isService = (uri: string): boolean => /^db:\/\//i.test(uri);

/** @throws LikenessError `bad-argument` */
export function checkLanceOptions(uri: unknown, options: LanceOptions): CheckedLanceOptions {
  if (typeof uri !== 'string' || uri === '') {
    refuse('uri', uri, "a folder ('index.lance'), 's3://bucket/path' or 'db://database'");
  }
  if (/^db:/i.test(uri) && !/^db:\/\/[^/?#\s]+(\/[^?#\s]*)?$/i.test(uri)) {
    refuse('uri', uri, "'db://database', with two slashes and the name of a database of LanceDB's service");
  }
  if (/^(s3|s3\+ddb|gs|az|abfss?):/i.test(uri) && !/^[a-z0-9+]+:\/\/[^/]/i.test(uri)) {
    refuse('uri', uri, "'s3://bucket/path', with two slashes and a bucket, or a folder");
  }
  const checked = optionsOf(options, 'LanceIndex.open', '{ dims: 512 }');
  const {
    table = 'pictures',
    staleMs = 5000,
    minRecall = 0.9,
    exactRows,
    maintain = true,
    dims,
    fingerprint,
    storageOptions,
  } = checked;
  if (typeof table !== 'string' || !/^[\w-][\w.-]{0,127}$/.test(table)) {
    refuse('table', table, 'a name of letters, digits, "_", "-" and "."');
  }
  if (dims !== undefined) checkWhole('dims', dims, 1, mostDims);
  if (typeof staleMs !== 'number' || !(staleMs >= 0) || staleMs > 2 ** 31) {
    refuse('staleMs', staleMs, 'milliseconds, 0 or more');
  }
  if (exactRows !== undefined && exactRows !== Infinity) checkWhole('exactRows', exactRows, 0);
  if (typeof minRecall !== 'number' || !(minRecall >= 0 && minRecall <= 1)) {
    refuse('minRecall', minRecall, 'a number from 0 to 1');
  }
  if (typeof maintain !== 'boolean') refuse('maintain', maintain, 'true or false');
  if (fingerprint !== undefined && typeof fingerprint !== 'string') {
    refuse('fingerprint', fingerprint, 'a string: (await search.report()).model.fingerprint');
  }
  checkServiceOptions(uri, checked);
  const { endpoint } = checked;
  if (endpoint !== undefined && !(typeof endpoint === 'string' && /^https?:\/\/[^/]/i.test(endpoint))) {
    refuse('endpoint', endpoint, "the address of an object store: 'https://storage.example:9000'");
  }
  if (endpoint !== undefined && !isObjectStore(uri)) {
    refuse('uri', uri, "on an object store ('s3://bucket/path') where there is an endpoint");
  }
  if (storageOptions !== undefined) {
    if (isService(uri)) {
      refuse('uri', uri, 'a folder or an object store where there are storageOptions; db://… takes apiKey');
    }
    const strings = Object.values(optionsOf(storageOptions, 'storageOptions', "{ region: 'eu-central-1' }"));
    const wrong = strings.find((value) => typeof value !== 'string');
    if (wrong !== undefined) refuse('A value of storageOptions', wrong, 'a string');
  }
  return { ...checked, table, staleMs, exactRows, minRecall, maintain };
}

/** @throws LikenessError `bad-argument` */
function checkServiceOptions(uri: string, { apiKey, region, hostOverride }: LanceOptions): void {
  for (const [name, value] of Object.entries({ apiKey, region, hostOverride })) {
    if (value === undefined) continue;
    if (!isService(uri)) refuse('uri', uri, `'db://database' where there is ${name}`);
    // What came is not said: it may be most of a key.
    if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
      throw new LikenessError('bad-argument', `${name} has to be a string of ASCII without spaces.`);
    }
  }
  if (hostOverride !== undefined && !/^https?:\/\/[^/]/i.test(hostOverride)) {
    refuse('hostOverride', hostOverride, "the address of a server: 'https://lancedb.example'");
  }
}
