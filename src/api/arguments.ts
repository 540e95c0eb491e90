import { checkDistance, checkSignal, checkWhole, optionsOf, refuse, shown } from '../base/checks.ts';
import { classOf, isFloats } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { EngineQueryOptions } from '../engine/engine.ts';
import { checkMetaFilter } from '../engine/meta-filter.ts';
import type { CallOptions, Item, QueryOptions } from '../engine/types.ts';
import { checkMeta } from '../store/format/records.ts';
import type { OpenOptions } from './options.ts';

/** What a query asks for, as it was at the call. */
export interface CheckedQuery extends Omit<EngineQueryOptions, keyof CallOptions> {
  predicate?: ((id: string, meta: Json | undefined) => boolean) | undefined;
}

/**
 * What can be iterated and is meant to be a list. A string is iterable too, and so are bytes and vectors, but each is one
 * thing here.
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
export function checkCall<Options extends CallOptions>(
  options: Options,
  call: string,
  example: string = '{ signal }',
): Options {
  const { signal, onProgress } = optionsOf(options, call, example);
  checkSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    refuse('onProgress', onProgress, 'a function');
  }
  return options;
}

/**
 * Checks the options of a query, and copies what its caller may change.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkQuery(options: QueryOptions): CheckedQuery {
  const { k = 30, maxDistance, exclude, filter } = checkCall(options, 'query', '{ k: 5 }');
  checkWhole('k', k, 1);
  checkDistance(maxDistance);
  return {
    k,
    maxDistance,
    exclude: exclude === undefined ? undefined : idsOf(exclude, 'exclude'),
    ...(typeof filter === 'function' ? { predicate: filter } : { filter: filter && filterOf(filter) }),
  };
}

function filterOf(filter: unknown): NonNullable<EngineQueryOptions['filter']> {
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
 * Checks the options of `open`.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkOpen(options: OpenOptions): Omit<OpenOptions, 'device' | 'parity'> {
  const { device, parity, ...rest } = checkCall(options, 'open', "{ store: 'file:index/' }");
  const { backend = device, exif = parity && 'ignore', threads, refresh, worker } = rest;
  for (const [name, value] of Object.entries({ backend, device })) {
    if (value !== undefined && !['auto', 'wasm', 'webgpu'].includes(value)) {
      refuse(name, value, 'auto, wasm or webgpu');
    }
  }
  if (exif !== undefined && exif !== 'apply' && exif !== 'ignore') refuse('exif', exif, 'apply or ignore');
  if (threads !== undefined) checkWhole('threads', threads, 1);
  if (refresh !== undefined && typeof refresh !== 'boolean') refuse('refresh', refresh, 'true or false');
  if (worker !== undefined && typeof worker !== 'function') {
    refuse('worker', worker, 'a function that starts the worker');
  }
  if (parity !== undefined && parity !== 'keras') refuse('parity', parity, '"keras", or left out');
  for (const [old, before, name, now] of [
    ['device', device, 'backend', backend],
    ['parity', parity && 'ignore', 'exif', exif],
  ]) {
    if (before !== undefined && before !== now) {
      throw new LikenessError(
        'bad-argument',
        `${old} says ${before}, ${name} says ${now}; leave ${old} out.`,
      );
    }
  }
  return { ...rest, backend, exif };
}

/**
 * A copy of a feature vector, in memory that nobody else has. How long it has to be, only the engine knows.
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

/**
 * What can be seen of a query before it is read. Numbers are no picture, but no vector either.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkQueried(image: unknown): void {
  const isNumbers =
    classOf(image) === 'Float64Array' || (Array.isArray(image) && typeof image[0] === 'number');
  if (isNumbers) vectorOf(image);
}

/** @throws LikenessError `bad-argument` */
export function checkItem(item: unknown): asserts item is Item {
  const { id, meta, image, vector } = (item ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || id === '') {
    throw new LikenessError(
      'bad-argument',
      `An item's id is ${shown(id)}; it has to be a string that is not empty.`,
    );
  }
  if (image === undefined && vector === undefined) {
    throw new LikenessError('bad-argument', `The item "${id}" has neither an image nor a vector.`);
  }
  if (meta !== undefined) checkMeta(meta, id);
}
