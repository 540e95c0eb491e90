import { checkDistance, checkWhole, optionsOf, refuse, shown, signalOf } from '../base/checks.ts';
import { isFloats } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { checkMetaFilter } from '../base/meta-filter.ts';
import type { EngineCompareOptions, EngineQueryOptions } from '../engine/call-types.ts';
import type {
  CallOptions,
  CompareOptions,
  DistanceOptions,
  Item,
  PageOptions,
  QueryOptions,
} from '../engine/types.ts';
import { checkMeta } from '../store/format/records.ts';
import type { OpenOptions } from './options.ts';

/** What a call is told besides its arguments, with a signal of this realm. */
export interface CheckedCall extends CallOptions {
  signal: AbortSignal | undefined;
}

/** Which pictures are compared, as it was at the call. */
export interface CheckedComparison extends Omit<EngineCompareOptions, keyof CallOptions> {
  predicate?: ((id: string, meta: Json | undefined) => boolean) | undefined;
}

/** What a query asks for, as it was at the call. */
type CheckedQuery = CheckedComparison & Omit<EngineQueryOptions, keyof CallOptions>;

/**
 * A copy of a list. Strings, bytes and vectors can be iterated, too, but each is one thing here.
 *
 * @throws LikenessError `bad-argument`
 */
export function itemsOf(list: unknown, wanted: string): unknown[] {
  const isList =
    typeof list === 'object' && list !== null && Symbol.iterator in list && !ArrayBuffer.isView(list);
  if (!isList) throw new LikenessError('bad-argument', `${wanted}; it got ${shown(list)}.`);
  return [...(list as Iterable<unknown>)];
}

/**
 * A copy of a list of ids.
 *
 * @throws LikenessError `bad-argument`
 */
export function idsOf(ids: unknown, what: string): string[] {
  const list = itemsOf(ids, `${what} takes a list of ids`);
  for (const id of list) {
    if (typeof id !== 'string') {
      throw new LikenessError('bad-argument', `${what} takes ids, which are strings; it got ${shown(id)}.`);
    }
  }
  return list as string[];
}

/**
 * Checks the options of a call.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkCall(options: CallOptions, call: string, example = '{ signal }'): CheckedCall {
  const { signal, onProgress } = optionsOf(options, call, example);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    refuse('onProgress', onProgress, 'a function');
  }
  return { signal: signalOf(signal), onProgress };
}

/**
 * Checks the options of a query, and copies what its caller may change.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkQuery(options: QueryOptions): CheckedQuery {
  const { k = 30, offset = 0, maxDistance } = options;
  checkWhole('k', k, 1);
  checkWhole('offset', offset, 0);
  checkDistance(maxDistance);
  return { k, offset, maxDistance, ...checkComparison(options) };
}

/**
 * Checks which part of a list is wanted.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkPage(options: PageOptions): { offset: number; limit: number | undefined } {
  const { offset = 0, limit } = optionsOf(options, 'entries', '{ offset: 100, limit: 100 }');
  checkWhole('offset', offset, 0);
  if (limit !== undefined) checkWhole('limit', limit, 1);
  return { offset, limit };
}

function checkComparison({ exclude, filter }: CompareOptions): CheckedComparison {
  return {
    exclude: exclude === undefined ? undefined : idsOf(exclude, 'exclude'),
    ...(typeof filter === 'function'
      ? { predicate: filter }
      : { filter: filter === undefined ? undefined : filterOf(filter) }),
  };
}

/** More would not be looked at. */
const maxBins = 100_000;

/**
 * Checks the options of `distances`, and copies what its caller may change.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkDistances(
  options: DistanceOptions,
): CheckedComparison & { bins: number | readonly number[] } {
  const { bins = 40, edges } = options;
  checkWhole('bins', bins, 1, maxBins);
  if (edges === undefined) return { bins, ...checkComparison(options) };
  if (options.bins !== undefined) refuse('bins', bins, 'left out where there are edges');
  const isList = typeof edges === 'object' && edges !== null && Symbol.iterator in edges;
  const list = isList ? [...edges] : [];
  const isRight = list.every((edge, n) => Number.isFinite(edge) && (n === 0 || edge > list[n - 1]!));
  if (list.length < 2 || !isRight) refuse('edges', edges, 'a list of two or more ascending numbers');
  return { bins: list, ...checkComparison(options) };
}

function filterOf(filter: unknown): NonNullable<EngineCompareOptions['filter']> {
  const isObject = typeof filter === 'object' && filter !== null && !(Symbol.iterator in filter);
  if (!isObject || ArrayBuffer.isView(filter)) {
    return idsOf(filter, "filter (which may be { meta: { colour: 'red' } } or a function, too)");
  }
  const { meta, ...more } = filter as { meta?: unknown };
  const [name] = Object.keys(more);
  if (meta !== undefined && name === undefined) return { meta: checkMetaFilter(meta) };
  throw new LikenessError(
    'bad-argument',
    `filter is an object ${name === undefined ? 'without "meta"' : `with "${name}"`}; what metadata has to be is given as { meta: { colour: 'red' } }.`,
  );
}

/**
 * Checks the options of `open`; old spellings become the new ones.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkOpen(options: OpenOptions): Omit<OpenOptions, 'device' | 'parity'> & CheckedCall {
  const call = checkCall(options, 'open', "{ store: 'file:index/' }");
  const { device, parity, ...rest } = options;
  const { backend = device, exif = parity && 'ignore', network = 'eager', threads, refresh, worker } = rest;
  if (backend !== undefined && !['auto', 'wasm', 'webgpu'].includes(backend)) {
    refuse(rest.backend === undefined ? 'device' : 'backend', backend, 'auto, wasm or webgpu');
  }
  if (parity !== undefined && parity !== 'keras') refuse('parity', parity, '"keras", or left out');
  if (exif !== undefined && exif !== 'apply' && exif !== 'ignore') refuse('exif', exif, 'apply or ignore');
  if (network !== 'eager' && network !== 'lazy') refuse('network', network, 'eager or lazy');
  if (threads !== undefined) checkWhole('threads', threads, 1);
  if (refresh !== undefined && typeof refresh !== 'boolean') refuse('refresh', refresh, 'true or false');
  if (worker !== undefined && typeof worker !== 'function') {
    refuse('worker', worker, 'a function that starts the worker');
  }
  if (device !== undefined && device !== backend)
    refuse('device', device, `${backend}, as backend is, or left out`);
  if (parity && exif !== 'ignore') refuse('exif', exif, 'ignore, as parity says, or parity left out');
  return { ...rest, ...call, backend, exif, network };
}

/**
 * A copy of a feature vector. Only the engine knows how long it has to be.
 *
 * @throws LikenessError `bad-argument`
 */
export function vectorOf(vector: unknown): Float32Array {
  if (isFloats(vector)) return new Float32Array(vector);
  throw new LikenessError(
    'bad-argument',
    `The feature vector is ${shown(vector)}; it has to be a Float32Array. Float32Array.from(…) makes one of numbers.`,
  );
}

/** @throws LikenessError `bad-argument` */
export function checkItem(item: unknown): asserts item is Item {
  const { id, meta, image, vector, hash } = (item ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || id === '') {
    throw new LikenessError(
      'bad-argument',
      `An item's id is ${shown(id)}; it has to be a string that is not empty.`,
    );
  }
  if (image === undefined && vector === undefined) {
    throw new LikenessError('bad-argument', `The item ${shown(id)} has neither an image nor a vector.`);
  }
  if (hash !== undefined && !(typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)))
    refuse(`The hash of "${id}"`, hash, 'a SHA-256 as 64 hexadecimal digits, as entries() tells it');
  if (meta !== undefined) checkMeta(meta, id);
}
