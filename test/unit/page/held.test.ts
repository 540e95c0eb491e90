import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keepSeen } from '../../../page/state/held.ts';
import { seeded } from '../../support/random.ts';

const items = (ids: string) => [...ids].map((id) => ({ id }));
const text = (shown: readonly { id: string }[]): string => shown.map(({ id }) => id).join('');
const after = (before: string, seen: number, now: string): [string, number] => {
  const { shown, waiting } = keepSeen([...before], seen, items(now));
  return [text(shown), waiting];
};

describe('a list that a person looks at', () => {
  test('keeps what was seen; new ones that belong there wait, those below come in', () => {
    assert.deepEqual(after('', 0, 'abc'), ['abc', 0]);
    assert.deepEqual(after('bdf', 2, 'abcdefg'), ['bdefg', 2]);
    assert.deepEqual(after('bdf', 0, 'abcdefg'), ['abcdefg', 0], 'nothing was seen');
    assert.deepEqual(after('bdf', 3, 'abcdefg'), ['bdfg', 3]);
  });

  test('lets go of what has gone, and has it in its place again when it comes back', () => {
    const gone = keepSeen([...'abcd'], 3, items('acde'));
    assert.equal(text(gone.shown), 'acde');
    assert.equal(gone.waiting, 0);
    const back = keepSeen(gone.order, 3, items('abcde'));
    assert.equal(text(back.shown), 'abcde');
    assert.equal(back.waiting, 0);
  });

  test('loses nothing where the order changes', () => {
    // `a` has become the last of all: it stays, and `d`, which was there, does not begin to wait.
    assert.deepEqual(after('abcd', 2, 'bcdea'), ['abcd', 1]);
    const random = seeded(3);
    for (let round = 0; round < 300; round++) {
      const some = (): string[] =>
        Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n))
          .filter(() => random() < 0.6)
          .sort(() => random() - 0.5);
      const [before, now] = [some(), some()];
      const seen = Math.floor(random() * (before.length + 1));
      const { shown, waiting, order } = keepSeen(before, seen, items(now.join('')));
      const there = shown.map(({ id }) => id);
      assert.equal(new Set(there).size, there.length, 'each once');
      assert.equal(there.length + waiting, now.length);
      const head = before.slice(0, seen);
      assert.deepEqual(
        there.slice(0, head.filter((id) => now.includes(id)).length),
        head.filter((id) => now.includes(id)),
      );
      for (const id of now) if (before.includes(id)) assert.ok(there.includes(id), 'what was there is there');
      assert.deepEqual(order.slice(0, seen), head);
    }
  });
});
