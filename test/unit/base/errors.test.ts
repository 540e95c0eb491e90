import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, LikenessError, memoryError } from '../../../src/base/errors.ts';
import { storageError } from '../../../src/base/storage-errors.ts';

class Told extends LikenessError {}
class Further extends Told {}

/** As another copy of the package makes it: a class of its own, with the same mark. */
class Foreign extends Error {
  static {
    Object.defineProperty(Foreign.prototype, Symbol.for('likeness.error'), { value: true });
  }
  readonly code: ErrorCode = 'in-use';
}

test('instanceof LikenessError is true for errors of any copy, and for nothing else', () => {
  assert.ok(new LikenessError('closed', '') instanceof LikenessError);
  assert.ok(new Foreign() instanceof LikenessError);
  assert.ok(!((new LikenessError('closed', '') as unknown) instanceof Foreign));
  const others = [undefined, null, 1, 'LikenessError', Symbol.for('likeness.error'), {}, [], () => {}];
  const lookalike = Object.assign(new Error('no'), { name: 'LikenessError', code: 'closed' });
  for (const other of [...others, new Error('no'), lookalike]) assert.ok(!(other instanceof LikenessError));
});

test('instanceof a subclass goes by the prototype', () => {
  const [error, told, further] = [LikenessError, Told, Further].map((Kind) => new Kind('closed', ''));
  assert.deepEqual([told instanceof LikenessError, further instanceof LikenessError], [true, true]);
  assert.deepEqual([told instanceof Told, further instanceof Told], [true, true]);
  assert.deepEqual([error instanceof Told, told instanceof Further], [false, false]);
  assert.ok(!((new Foreign() as unknown) instanceof Told));
});

test('what an error shows is its message and code, not the mark', () => {
  const error = new LikenessError('closed', 'This was closed.', { cause: 1 });
  assert.deepEqual([error.name, error.code, error.cause], ['LikenessError', 'closed', 1]);
  assert.equal(String(error), 'LikenessError: This was closed.');
  assert.deepEqual(
    Reflect.ownKeys(error).filter((key) => typeof key === 'symbol'),
    [],
  );
  assert.ok(error instanceof Error);
});

test('what an engine has no memory for has a code, whatever the engine', () => {
  const thrown: unknown[] = [];
  for (const act of [() => new Float32Array(2 ** 40), () => new ArrayBuffer(2 ** 52)]) {
    try {
      act();
    } catch (error) {
      thrown.push(error);
    }
  }
  assert.equal(thrown.length, 2);
  for (const error of thrown) {
    const { code, message } = memoryError(error, 'Adding') as LikenessError;
    assert.equal(code, 'out-of-memory', String(error));
    assert.match(message, /^Adding needs more memory/);
  }
  for (const error of [
    new RangeError('toFixed() digits'),
    new TypeError('allocation'),
    'out of memory',
    null,
  ]) {
    assert.equal(memoryError(error, 'Adding'), error);
  }
  const known = new LikenessError('closed', 'out of memory');
  assert.equal(memoryError(known, 'Adding'), known);
});

test('what a browser’s storage throws goes by its name, not by its number', () => {
  const failed = (name: string): [string, string] => {
    const { code, message } = storageError(new DOMException('it said so', name), 'Writing');
    return [code, message];
  };
  assert.deepEqual(failed('QuotaExceededError'), [
    'storage-full',
    'Writing failed: the quota of this site is used up; free some, then try again; what was stored before is there.',
  ]);
  assert.deepEqual(failed('InvalidStateError'), [
    'storage-failed',
    'Writing failed: InvalidStateError: it said so; what was stored before is there; open the index again to write.',
  ]);
});
