import assert from 'node:assert/strict';

/** What JavaScript lets a program give for anything; made anew, as some can be used once only. */
export const oddValues = (): Record<string, unknown> => ({
  undefined: undefined,
  null: null,
  zero: 0,
  five: 5,
  negative: -1,
  half: 0.5,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  bigint: 10n,
  true: true,
  false: false,
  empty: '',
  text: 'no such thing',
  'zero byte': 'a\0b',
  symbol: Symbol('odd'),
  function: () => {},
  'async function': async () => {},
  list: [],
  'list of numbers': [1, 2],
  'list of nothing': [null, undefined],
  'list of texts': ['a'],
  'list of lists': [[]],
  object: {},
  'object without a class': Object.create(null),
  date: new Date(0),
  map: new Map([['a', 1]]),
  set: new Set(['a']),
  generator: (function* () {
    yield 7;
  })(),
  promise: Promise.resolve(1),
  'regular expression': /x/,
  error: new Error('odd'),
  float64: new Float64Array(64),
  float32: new Float32Array(3),
  bytes: new Uint8Array(5),
  buffer: new ArrayBuffer(8),
  view: new DataView(new ArrayBuffer(4)),
  blob: new Blob(['odd']),
  url: new URL('ftp://localhost/odd'),
  signal: new AbortController().signal,
});

/**
 * Makes a call with each of the odd values. What is not taken has to be refused by a sentence of ours.
 *
 * @param code wanted, where all that is refused is refused for this
 * @returns names of the values that were taken
 */
export async function takenOf(
  what: string,
  call: (value: never) => unknown,
  code?: string,
): Promise<string[]> {
  const taken: string[] = [];
  for (const [name, value] of Object.entries(oddValues())) {
    try {
      await call(value as never);
      taken.push(name);
    } catch (error) {
      const { name: kind, code: why, message } = error as { name: string; code?: string; message: string };
      assert.equal(kind, 'LikenessError', `${what}, ${name}: ${kind}: ${message}`);
      if (code !== undefined) assert.equal(why, code, `${what}, ${name}: ${message}`);
      assert.ok(!message.includes('[object '), `${what}, ${name}: ${message}`);
    }
  }
  return taken;
}

/** Those of the odd values that are options without a name that is known. */
export const emptyOptions: readonly string[] = ['undefined', 'object', 'object without a class'];
