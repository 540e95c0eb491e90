import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from '../../../src/base/crc32.ts';
import { fileName } from '../../../src/store/format/generations.ts';
import { checkpointAt, headerBytes } from '../../../src/store/format/header.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import { type InspectedIndex, inspectIndex } from '../../../src/store/inspect/index.ts';
import { mendBlock, mendByte } from '../../../src/store/inspect/mend-byte.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { readOnlyStore } from '../../../src/store/media/store.single.ts';
import { seeded } from '../../support/random.ts';
import {
  applied,
  assertState,
  empty,
  info,
  randomChanges,
  type State,
  stateOf,
  vectorOf,
} from '../../support/store-model.ts';

const d = 5;
const name = fileName(1);

/** An index of a few commits: adds, replacements, removals, notes; and the state after each. */
async function made(
  commits = 4,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; states: State[]; ends: number[] }> {
  const store = new MemoryStore();
  const index = await IndexStore.open(store, { create: info(d) });
  const states = [empty];
  const ends = [headerBytes];
  for (let n = 0; n < commits; n++) {
    await index.append(randomChanges(n, d, 12));
    states.push(applied(states.at(-1)!, randomChanges(n, d, 12)));
    ends.push(index.byteLength);
  }
  await index.close();
  return { bytes: store.files.get(name)!.slice(), states, ends };
}

const storeOf = (files: Record<string, Uint8Array>): MemoryStore => {
  const store = new MemoryStore();
  for (const [key, bytes] of Object.entries(files)) store.files.set(key, new Uint8Array(bytes));
  return store;
};

const inspected = (files: Record<string, Uint8Array>): Promise<InspectedIndex> =>
  inspectIndex(readOnlyStore(storeOf(files)));

/** What is whole of an index, written as a new file; which has to be whole. */
async function repaired(index: InspectedIndex): Promise<State> {
  const { header, body } = index.snapshot(2);
  const parts: Uint8Array[] = [header];
  for await (const part of body) parts.push(part);
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const again = await inspected({ [fileName(2)]: bytes });
  assert.deepEqual(again.problems, []);
  const opened = await IndexStore.open(storeOf({ [fileName(2)]: bytes }));
  assert.equal(opened.dropped, undefined);
  // The same without a copy.
  const virtual = await IndexStore.open(index.asStore('virtual'));
  const state = await stateOf(opened);
  await assertState(virtual, state);
  await opened.close();
  return state;
}

describe('mendByte', () => {
  test('finds the byte that was changed, wherever it is', () => {
    const random = seeded(1);
    for (let round = 0; round < 200; round++) {
      const length = 1 + Math.floor(random() * 3000);
      const bytes = Uint8Array.from({ length }, () => random() * 256);
      const damaged = new Uint8Array(bytes);
      damaged[Math.floor(random() * length)]! ^= 1 + Math.floor(random() * 255);
      assert.deepEqual(mendByte(damaged, crc32(bytes)), bytes);
      assert.equal(mendByte(bytes, crc32(bytes)), undefined);
    }
  });

  test('two bytes are not taken for one', () => {
    const random = seeded(2);
    for (let round = 0; round < 200; round++) {
      const bytes = Uint8Array.from({ length: 1000 }, () => random() * 256);
      const damaged = new Uint8Array(bytes);
      damaged[Math.floor(random() * 500)]! ^= 1 + Math.floor(random() * 255);
      damaged[500 + Math.floor(random() * 500)]! ^= 1 + Math.floor(random() * 255);
      assert.equal(mendByte(damaged, crc32(bytes)), undefined);
    }
  });

  test('of a block with its checksum at the end, any byte', () => {
    const block = Uint8Array.from({ length: 64 }, (_, n) => n * 3);
    new DataView(block.buffer).setUint32(60, crc32(block.subarray(0, 60)), true);
    for (let at = 0; at < 64; at++) {
      const damaged = new Uint8Array(block);
      damaged[at]! ^= 0x41;
      assert.deepEqual(mendBlock(damaged), block, `byte ${at}`);
    }
  });
});

describe('inspectIndex', () => {
  test('an index that is whole has no problems and all its pictures', async () => {
    const { bytes, states } = await made();
    const index = await inspected({ [name]: bytes });
    assert.deepEqual(index.problems, []);
    assert.deepEqual([index.lost, index.leftovers, index.commits], [[], [], 4]);
    assert.deepEqual(await repaired(index), await stateFrom(states.at(-1)!));
  });

  test('of any one byte that is changed, it is told; all is kept but the picture whose features it is in', async () => {
    const { bytes, states } = await made();
    const wanted = states.at(-1)!;
    const random = seeded(3);
    let lostOne = 0;
    for (let at = 0; at < bytes.length; at++) {
      // Most of the header is zeros.
      if (at > 256 && at < checkpointAt && at % 397 !== 0) continue;
      const damaged = new Uint8Array(bytes);
      damaged[at]! ^= 1 + Math.floor(random() * 255);
      const index = await inspected({ [name]: damaged });
      assert.ok(index.problems.length > 0, `byte ${at} is not noticed`);
      const kept = wanted.pictures.filter(({ id }) => !index.lost.includes(id));
      assert.ok(index.lost.length <= 1, `byte ${at} takes ${index.lost.length} pictures`);
      lostOne += index.lost.length;
      if (at % 11 !== 0 && index.lost.length > 0) continue;
      assert.deepEqual(
        await repaired(index),
        await stateFrom({ ...wanted, pictures: kept }),
        `byte ${at}: ${index.problems.map(({ message }) => message).join(' ')}`,
      );
    }
    assert.equal(lostOne, wanted.pictures.length * 4 * d, 'each byte of each row that is used');
  });

  test('cut short at any place: what was committed before is kept', async () => {
    const { bytes, states, ends } = await made();
    for (let size = headerBytes; size < bytes.length; size += 61) {
      const commits = ends.filter((end) => end <= size).length - 1;
      const index = await inspected({ [name]: bytes.slice(0, size) });
      assert.ok(
        index.problems.some(({ kind }) => kind === 'commit'),
        `cut at ${size}`,
      );
      assert.deepEqual(await repaired(index), await stateFrom(states[commits]!), `cut at ${size}`);
    }
  });

  test('a hole in the middle: the commits before and behind it are kept', async () => {
    const { bytes, ends, states } = await made();
    for (let hole = 1; hole < 3; hole++) {
      const damaged = new Uint8Array(bytes).fill(0xaa, ends[hole]!, ends[hole + 1]!);
      const index = await inspected({ [name]: damaged });
      assert.equal(index.commits, 3);
      let state = states[hole]!;
      for (let n = hole + 1; n < 4; n++) state = applied(state, randomChanges(n, d, 12));
      assert.deepEqual(await repaired(index), await stateFrom(state));
      assert.ok(
        index.problems.some(
          ({ kind, message }) => kind === 'commit' && message.includes(`byte ${ends[hole]}`),
        ),
      );
    }
  });

  test('checksums of rows that are all gone are made again from the rows', async () => {
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(16) });
    await index.append(Array.from({ length: 9 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, 16) })));
    const wanted = await stateOf(index);
    await index.close();
    const bytes = store.files.get(name)!.slice();
    const tableAt = headerBytes + 64 + 9 * 64;
    const found = await inspected({ [name]: bytes.fill(0, tableAt, tableAt + 36) });
    assert.deepEqual(found.lost, []);
    assert.equal(found.problems.length, 1);
    assert.deepEqual(await repaired(found), wanted);
  });

  test('a row with a value that is no finite number is lost, though its checksum is right', async () => {
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(d) });
    await index.append([{ id: 'good', vector: vectorOf(1, d) }]);
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [n, value] of bad.entries()) {
      const vector = vectorOf(2 + n, d);
      vector[n] = value;
      await index.append([{ id: `bad ${n}`, vector }]);
    }
    await index.close();
    const found = await inspected({ [name]: store.files.get(name)! });
    assert.deepEqual(found.lost, ['bad 0', 'bad 1', 'bad 2']);
    assert.deepEqual(
      found.entries.map(({ id }) => id),
      ['good'],
    );
    assert.deepEqual(new Set(found.problems.map(({ kind }) => kind)), new Set(['values']));
  });

  test('two generations: a row that the newer has lost is taken from the older', async () => {
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(d) });
    for (let n = 0; n < 5; n++) await index.append(randomChanges(n, d, 12));
    const older = store.files.get(name)!.slice();
    await index.compact();
    const wanted = await stateOf(index);
    await index.close();
    const newer = store.files.get(fileName(2))!.slice();
    const whole = await inspected({ [name]: older, [fileName(2)]: newer });
    assert.deepEqual([whole.fileName, whole.leftovers, whole.problems], [fileName(2), [name], []]);
    newer[headerBytes + 64 + 3]! ^= 0x55; // in its first row
    const found = await inspected({ [name]: older, [fileName(2)]: newer });
    assert.equal(found.problems[0]!.kind, 'row');
    assert.deepEqual(found.lost, []);
    assert.deepEqual(await repaired(found), wanted);
    // All of what it began with is gone.
    newer.fill(0xaa, headerBytes, headerBytes + 128);
    const older2 = await inspected({ [name]: older, [fileName(2)]: newer });
    assert.deepEqual(await repaired(older2), wanted);
  });

  test('a compaction that was interrupted is a file left over', async () => {
    const { bytes, states } = await made();
    const unfinished = new Uint8Array(bytes).fill(0, 0, headerBytes);
    const found = await inspected({ [name]: bytes, [fileName(2)]: unfinished });
    assert.deepEqual([found.fileName, found.leftovers, found.problems], [name, [fileName(2)], []]);
    assert.deepEqual(await repaired(found), await stateFrom(states.at(-1)!));
  });

  test('a lost header: what made the index has to be named', async () => {
    const { bytes, states } = await made();
    const files = { [name]: bytes.fill(0x5a, 0, 2048) };
    await assert.rejects(inspected(files), { code: 'bad-file', message: /lost its header/ });
    const found = await inspectIndex(readOnlyStore(storeOf(files)), info(d));
    assert.deepEqual(await repaired(found), await stateFrom(states.at(-1)!));
  });

  test('what is no index says so', async () => {
    for (const text of ['', 'hello', 'x'.repeat(100_000), '\0'.repeat(5000)]) {
      const bytes = new TextEncoder().encode(text);
      await assert.rejects(inspected({ [name]: bytes }), (error: { code: string }) =>
        ['bad-file', 'not-found'].includes(error.code),
      );
    }
    await assert.rejects(inspected({}), { code: 'not-found' });
  });
});

/** A state as {@link stateOf} gives it: settings in their order, values rounded to float32. */
async function stateFrom(state: State): Promise<State> {
  const index = await IndexStore.open(new MemoryStore(), { create: info(d) });
  await index.append([
    ...state.pictures.map((picture) => ({ ...picture, vector: Float32Array.from(picture.vector) })),
    ...Object.entries(state.settings).map(([set, value]) => ({ set, value })),
  ]);
  return stateOf(index);
}
