import { classOf } from './class-of.ts';
import { LikenessError } from './errors.ts';

/** What a value is, in the words of a message. Takes whatever there is. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'a list' : `an object (${className(value)})`;
    default:
      return String(value);
  }
}

function className(value: object): string {
  const made = value.constructor;
  return (typeof made === 'function' && made.name) || classOf(value);
}

/** @throws LikenessError `bad-argument` */
export function refuse(name: string, came: unknown, wanted: string): never {
  throw new LikenessError('bad-argument', `${name} is ${shown(came)}; it has to be ${wanted}.`);
}

/**
 * Options as they came. What is no object with names would be passed over in silence: `query(image, 5)`,
 * `open('opfs:holiday')`.
 *
 * @param example a right one, for the message
 * @throws LikenessError `bad-argument`
 */
export function optionsOf<Options extends object>(options: Options, call: string, example: string): Options {
  if (classOf(options) === 'Object') return options;
  throw new LikenessError(
    'bad-argument',
    `${call} takes its options as an object, e.g. ${example}; it got ${shown(options)}.`,
  );
}

/** Signals of this realm, by those of others that they follow. */
const followers = new WeakMap<object, AbortSignal>();

/**
 * A signal as the platform here takes it: `fetch` refuses that of jsdom or a polyfill, and an older one has no reason.
 *
 * @throws LikenessError `bad-argument`
 */
export function signalOf(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  const foreign = signal as AbortSignal;
  if (typeof foreign?.aborted !== 'boolean' || typeof foreign.addEventListener !== 'function') {
    refuse('signal', signal, 'an AbortSignal');
  }
  let own = followers.get(foreign);
  if (!own) {
    const control = new AbortController();
    const follow = (): void => control.abort(foreign.reason);
    if (foreign.aborted) follow();
    else foreign.addEventListener('abort', follow);
    own = control.signal;
    followers.set(foreign, own);
  }
  return own;
}

/** @throws LikenessError `bad-argument` */
export function checkWhole(name: string, value: unknown, min: number, max?: number): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= (max ?? Infinity)) return;
  refuse(name, value, `a whole number from ${min}${max === undefined ? '' : ` to ${max}`}`);
}

/** @throws LikenessError `bad-argument` */
export function checkDistance(maxDistance: unknown): void {
  if (maxDistance !== undefined && !(typeof maxDistance === 'number' && maxDistance >= 0)) {
    refuse('maxDistance', maxDistance, 'a number from 0');
  }
}

/** A URL; `undefined` where the text is none. (`URL.canParse` is younger than some browsers.) */
export function urlOf(text: string | URL, base: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
