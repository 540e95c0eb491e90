import type { EngineQueryOptions } from './engine.ts';
import { LikenessError } from './errors.ts';
import { checkMeta } from './store/records.ts';
import type { CallOptions, Item, QueryOptions } from './types.ts';

/** What a query asks for, as it was at the call. */
export interface CheckedQuery extends EngineQueryOptions {
  predicate?: ((id: string) => boolean) | undefined;
}

function refuse(name: string, came: unknown, wanted: string): never {
  throw new LikenessError('bad-argument', `${name} is ${shown(came)}; it has to be ${wanted}.`);
}

/** A value in the words of a message. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'a list' : `an object (${value.constructor?.name ?? 'Object'})`;
  }
  return typeof value === 'function' ? 'a function' : String(value);
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

/** @throws LikenessError `bad-argument` */
export function checkCall({ signal, onProgress }: CallOptions): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    refuse('signal', signal, 'an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    refuse('onProgress', onProgress, 'a function');
  }
}

/**
 * Checks the options of a query, and copies what its caller may change.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkQuery(options: QueryOptions): CheckedQuery {
  checkCall(options);
  const { k = 30, maxDistance, exclude, filter } = options;
  if (!Number.isInteger(k) || k < 1) refuse('k', k, 'a whole number from 1');
  if (maxDistance !== undefined && !(typeof maxDistance === 'number' && maxDistance >= 0)) {
    refuse('maxDistance', maxDistance, 'a number from 0');
  }
  return {
    k,
    maxDistance,
    exclude: exclude === undefined ? undefined : idsOf(exclude, 'exclude'),
    ...(typeof filter === 'function'
      ? { predicate: filter }
      : {
          filter: filter === undefined ? undefined : idsOf(filter, 'filter (which may be a function, too)'),
        }),
  };
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
