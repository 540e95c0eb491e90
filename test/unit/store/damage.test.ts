import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LikenessError } from '../../../src/base/errors.ts';
import type { PlacedEntry } from '../../../src/store/format/entries.ts';
import { encodeSuccessor, headerBytes, successorAt } from '../../../src/store/format/header.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { applied, empty, info, type State, stateOf, textOf, vectorOf } from '../../support/store-model.ts';

const d = 3;
const file = 'index-1.likeness';
const commits = [
  [
    { id: 'a', vector: vectorOf(1, d), meta: { n: 1 } },
    { id: 'b', vector: vectorOf(2, d) },
  ],
  [{ id: 'c', vector: vectorOf(3, d) }, { remove: 'a' }],
  [
    { id: 'b', vector: vectorOf(4, d), hash: 'ab' },
    { set: 'x', value: 1 },
  ],
];

async function smallIndex(compacted: boolean): Promise<{ bytes: Uint8Array; states: State[] }> {
  const store = new MemoryStore();
  const index = await IndexStore.open(store, { create: info(d) });
  const states = [empty];
  for (const changes of commits) {
    await index.append(changes);
    states.push(applied(states.at(-1)!, changes));
  }
  if (compacted) await index.compact();
  await index.close();
  return { bytes: [...store.files.values()][0]!.slice(), states };
}

type Outcome = 'whole' | 'repaired' | 'refused';

/** Opens what is left of an index. It has to be whole, or say what it dropped, or be refused. */
async function outcomeOf(bytes: Uint8Array, states: readonly State[], what: string): Promise<Outcome> {
  const store = new MemoryStore();
  store.files.set(file, bytes.slice());
  let index: IndexStore;
  try {
    index = await IndexStore.open(store);
  } catch (error) {
    assert.ok(error instanceof LikenessError, `${what}: ${(error as Error).stack}`);
    assert.ok(['bad-file', 'newer-format', 'not-found'].includes(error.code), `${what}: ${error.code}`);
    return 'refused';
  }
  const { dropped } = index;
  const damaged: PlacedEntry[] = [];
  for await (const _ of index.rows(index.entries, (entry) => damaged.push(entry)));
  if (damaged.length > 0) {
    await assert.rejects(stateOf(index), { code: 'bad-file' }, what);
    await index.append(damaged.map(({ id }) => ({ remove: id })));
    const names = new Set(damaged.map(({ id }) => id));
    const { pictures } = await stateOf(index);
    const wanted = states.at(-1)!.pictures.filter(({ id }) => !names.has(id));
    assert.deepEqual(pictures, wanted, what);
    return 'repaired';
  }
  const now = textOf(await stateOf(index));
  if (!dropped) {
    assert.equal(now, textOf(states.at(-1)!), `${what}: opened without a word`);
    return 'whole';
  }
  assert.ok(
    states.some((state) => textOf(state) === now),
    `${what}: a state that never was`,
  );
  assert.ok(dropped.commits > 0 && dropped.reason.length > 0, what);
  // Repaired for good.
  await index.close();
  const again = await IndexStore.open(store);
  assert.equal(again.dropped, undefined, what);
  assert.equal(textOf(await stateOf(again)), now, what);
  return 'repaired';
}

for (const compacted of [false, true]) {
  describe(`a small index, ${compacted ? 'compacted' : 'three commits'}`, () => {
    test('every single-byte flip: whole, repaired with a report, or refused', async () => {
      const { bytes, states } = await smallIndex(compacted);
      const counts: Record<Outcome, number> = { whole: 0, repaired: 0, refused: 0 };
      for (let at = 0; at < bytes.length; at++) {
        // All bits in turn through the unused part of the header would say the same again and again.
        const flips = at % 16 === 0 || bytes[at] !== 0 ? [1 << (at % 8), 0xff] : [1 << (at % 8)];
        for (const flip of flips) {
          const damaged = bytes.slice();
          damaged[at]! ^= flip;
          counts[await outcomeOf(damaged, states, `byte ${at} ^ ${flip}`)]++;
        }
      }
      console.log(`# ${bytes.length} bytes, flips: ${JSON.stringify(counts)}`);
      assert.ok(counts.refused > 0 && counts.repaired > 0 && counts.whole > 0);
    });

    test('every truncation: repaired with a report, or refused', async () => {
      const { bytes, states } = await smallIndex(compacted);
      const counts: Record<Outcome, number> = { whole: 0, repaired: 0, refused: 0 };
      for (let length = 0; length < bytes.length; length++) {
        counts[await outcomeOf(bytes.slice(0, length), states, `${length} bytes`)]++;
      }
      console.log(`# ${bytes.length} bytes, truncations: ${JSON.stringify(counts)}`);
      assert.equal(counts.whole, 0);
    });
  });
}

test('a file that was replaced is not taken for the index when its successor is damaged', async () => {
  const store = new MemoryStore();
  const index = await IndexStore.open(store, { create: info(d) });
  await index.append(commits[0]!);
  const old = store.files.get(file)!.slice();
  await index.compact();
  await index.append(commits[1]!);
  await index.close();
  // The old file could not be removed; it carries the note all the same.
  old.set(encodeSuccessor(2), successorAt);
  store.files.set(file, old);
  assert.equal((await IndexStore.open(store)).entries[0]!.id, 'b');
  assert.deepEqual([...store.files.keys()], ['index-2.likeness'], 'what is out of date goes');
  store.files.set(file, old);
  store.files.get('index-2.likeness')![20]! ^= 1;
  await assert.rejects(IndexStore.open(store, { create: info(d) }), { code: 'bad-file' });
  assert.equal(store.files.size, 2);
  store.files.delete('index-2.likeness');
  await assert.rejects(IndexStore.open(store, { create: info(d) }), {
    code: 'bad-file',
    message: /generation 2/,
  });
});

test('an interrupted compaction leaves the index as it was', async () => {
  const store = new MemoryStore();
  const index = await IndexStore.open(store, { create: info(d) });
  await index.append(commits[0]!);
  await index.close();
  const unfinished = new Uint8Array(headerBytes + 500).fill(7, headerBytes);
  store.files.set('index-2.likeness', unfinished);
  const again = await IndexStore.open(store);
  assert.equal(again.entries.length, 2);
  assert.deepEqual([...store.files.keys()], [file]);
});
