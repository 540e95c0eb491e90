/** `node:assert/strict`, as far as our tests use it, for a page. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

function show(value: unknown): string {
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name} ${JSON.stringify(Array.from(value as never).slice(0, 32))}`;
  if (
    typeof value === 'string' ||
    (typeof value === 'object' && value !== null && !(value instanceof Error))
  ) {
    return JSON.stringify(value).slice(0, 400);
  }
  return String(value);
}

function fail(message: string | undefined, fallback: string): never {
  throw new AssertionError(message === undefined ? fallback : `${message}: ${fallback}`);
}

function deep(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deep((a as never)[key], (b as never)[key]));
}

type Expected = RegExp | ((error: unknown) => boolean) | Record<string, unknown>;

function check(error: unknown, expected: Expected | undefined, message?: string): void {
  if (expected === undefined) return;
  if (expected instanceof RegExp) {
    if (!expected.test(String(error))) fail(message, `the error ${show(error)} does not match ${expected}`);
  } else if (typeof expected === 'function') {
    if (Object.prototype.isPrototypeOf.call(Error, expected) || expected === (Error as unknown)) {
      if (!(error instanceof (expected as never)))
        fail(message, `the error ${show(error)} is not of the class wanted`);
    } else if (expected(error) !== true) fail(message, `the error ${show(error)} is not the one wanted`);
  } else {
    for (const [key, value] of Object.entries(expected)) {
      const actual = (error as Record<string, unknown>)[key];
      const same = value instanceof RegExp ? value.test(String(actual)) : deep(actual, value);
      if (!same) fail(message, `the error's ${key} is ${show(actual)}, wanted ${show(value)}`);
    }
  }
}

function ok(value: unknown, message?: string): asserts value {
  if (!value) fail(message, `${show(value)} is not truthy`);
}

const assert = Object.assign(ok, {
  ok,
  fail: (message?: string): never => fail(message, 'failed'),
  equal(actual: unknown, expected: unknown, message?: string) {
    if (!Object.is(actual, expected)) fail(message, `got ${show(actual)}, wanted ${show(expected)}`);
  },
  notEqual(actual: unknown, expected: unknown, message?: string) {
    if (Object.is(actual, expected)) fail(message, `got ${show(actual)}, wanted anything else`);
  },
  deepEqual(actual: unknown, expected: unknown, message?: string) {
    if (!deep(actual, expected)) fail(message, `got ${show(actual)}, wanted ${show(expected)}`);
  },
  notDeepEqual(actual: unknown, expected: unknown, message?: string) {
    if (deep(actual, expected)) fail(message, `got ${show(actual)}, wanted anything else`);
  },
  match(actual: string, expected: RegExp, message?: string) {
    if (!expected.test(actual)) fail(message, `${show(actual)} does not match ${expected}`);
  },
  throws(body: () => unknown, expected?: Expected, message?: string) {
    try {
      body();
    } catch (error) {
      check(error, expected, message);
      return;
    }
    fail(message, 'nothing was thrown');
  },
  async rejects(body: Promise<unknown> | (() => Promise<unknown>), expected?: Expected, message?: string) {
    try {
      await (typeof body === 'function' ? body() : body);
    } catch (error) {
      check(error, expected, message);
      return;
    }
    fail(message, 'the promise was not rejected');
  },
});

export { assert };
export default assert;
