import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from '../../../src/base/crc32.ts';
import { headerBytes } from '../../../src/store/format/header.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { blobStore } from '../../../src/store/media/store.single.ts';
import { seeded } from '../../support/random.ts';
import {
  applied,
  assertState,
  empty,
  info,
  onceUnlocked,
  randomChanges,
  stateOf,
  textOf,
  vectorOf,
} from '../../support/store-model.ts';

const d = 5;
const put = (id: string, seed: number, rest = {}) => ({ id, vector: vectorOf(seed, d), ...rest });
const open = (store: MemoryStore) => IndexStore.open(store, { create: info(d) });

describe('crc32', () => {
  test('is that of zlib, whole or in parts, aligned or not', () => {
    assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
    assert.equal(crc32(new Uint8Array(0)), 0);
    const random = seeded(1);
    const bytes = Uint8Array.from({ length: 1000 }, () => random() * 256);
    let plain = -1;
    for (const byte of bytes) {
      plain ^= byte;
      for (let bit = 0; bit < 8; bit++) plain = (plain >>> 1) ^ (plain & 1 ? 0xedb88320 : 0);
    }
    for (const cut of [0, 1, 3, 16, 17, 500, 999, 1000]) {
      assert.equal(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))), ~plain >>> 0, `cut at ${cut}`);
    }
  });
});

describe('IndexStore', () => {
  test('keeps pictures, metadata, settings and their order', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    const changes = [
      put('a', 1, { meta: { title: 'Äpfel', n: [1, null, true] } }),
      put('b', 2, { hash: 'ff'.repeat(32) }),
      { set: 'pictures', value: '../photos' },
      put('c', 3),
    ];
    await index.append(changes);
    let state = applied(empty, changes);
    await assertState(index, state);
    // Replaced in its place; removed and added again at the end.
    const more = [put('a', 4), { remove: 'b' }, { remove: 'nobody' }, put('b', 5), { remove: 'c' }];
    await index.append(more);
    state = applied(state, more);
    await assertState(index, state);
    await index.close();
    const again = await IndexStore.open(store);
    await assertState(again, state);
    assert.deepEqual(again.info, info(d));
    assert.equal(again.dropped, undefined);
    await again.close();
  });

  test('a hundred random changes, reopened now and then, compacted now and then', async () => {
    const store = new MemoryStore();
    let index = await open(store);
    let state = empty;
    for (let n = 0; n < 100; n++) {
      const changes = randomChanges(n, d);
      await index.append(changes);
      state = applied(state, changes);
      if (n % 13 === 5) await index.compact();
      if (n % 9 === 3) {
        await index.close();
        index = await open(store);
        await assertState(index, state, `after ${n}`);
      }
    }
    await assertState(index, state);
    assert.equal(store.files.size, 1);
  });

  test('its steps keep another list of rows the same', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    const reader = await open(store);
    const rows: number[][][] = [[], []];
    // From the first call on they are noted.
    for (const followed of [index, reader]) assert.deepEqual(followed.takeSteps(), []);
    for (let n = 0; n < 60; n++) {
      await index.append(randomChanges(n, d));
      await reader.refresh();
      for (const [who, followed] of [index, reader].entries()) {
        for (const step of followed.takeSteps()) {
          assert.ok(step.kind !== 'reload');
          if (step.kind === 'remove') {
            rows[who] = rows[who]!.filter((_, row) => !step.positions.includes(row));
            continue;
          }
          const values = step.vector ?? new Float32Array(d);
          if (!step.vector) await followed.readRows([step.entry], values);
          assert.equal(step.position === rows[who]!.length, step.kind === 'add');
          rows[who]![step.position] = [...values];
        }
        const all = new Float32Array(index.entries.length * d);
        await index.readRows(index.entries, all);
        assert.deepEqual(rows[who]!.flat(), [...all], `${who} after ${n}`);
      }
    }
    await index.compact();
    assert.equal(await reader.refresh(), true);
    assert.deepEqual(
      reader.takeSteps().map(({ kind }) => kind),
      ['reload'],
    );
  });

  test('calls that wait share a commit, and all of them are there', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    await Promise.all(Array.from({ length: 50 }, (_, n) => index.append([put(`p${n}`, n)])));
    assert.deepEqual(
      index.entries.map(({ id }) => id),
      Array.from({ length: 50 }, (_, n) => `p${n}`),
    );
    assert.ok(index.sequence < 10, `${index.sequence} commits`);
    await index.close();
    assert.equal((await open(store)).entries.length, 50);
  });

  test('rows begin at multiples of 64 bytes and are contiguous', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    for (let n = 0; n < 3; n++)
      await index.append([put(`a${n}`, n), put(`b${n}`, n), { set: 'x', value: n }]);
    for (const [n, { at }] of index.entries.entries()) {
      if (n % 2 === 0) assert.equal(at % 64, 0);
      else assert.equal(at, index.entries[n - 1]!.at + 4 * d);
    }
    await index.compact();
    const first = index.entries[0]!.at;
    assert.equal(first, headerBytes + 64);
    for (const [n, { at }] of index.entries.entries()) assert.equal(at, first + n * 4 * d);
  });

  test('one writes, others read and see new commits; the lock passes on when its holder is idle', async () => {
    const store = new MemoryStore();
    const a = await IndexStore.open(store, { create: info(d), idleMs: 500 });
    const b = await IndexStore.open(store, { idleMs: 500 });
    const first = [put('a', 1)];
    await a.append(first);
    await assert.rejects(b.append([put('b', 2)]), { code: 'locked' });
    assert.equal(await b.refresh(), true);
    assert.equal(await b.refresh(), false);
    await assertState(b, applied(empty, first));
    const second = [put('b', 2), { remove: 'a' }];
    await onceUnlocked(() => b.append(second));
    await b.compact();
    await assert.rejects(a.append([put('c', 3)]), { code: 'locked' });
    await b.close();
    const third = [put('c', 3)];
    await a.append(third);
    await assertState(a, applied(applied(applied(empty, first), second), third));
  });

  test('what another read before it was taken back is gone there too', async () => {
    const store = new MemoryStore();
    const a = await open(store);
    const b = await IndexStore.open(store);
    const first = [put('a', 1)];
    await a.append(first);
    const open_ = store.open.bind(store);
    let meanwhile: (() => Promise<void>) | undefined;
    store.open = async (name, mode) => {
      const file = await open_(name, mode);
      const { sync } = file;
      file.sync = async () => {
        const once = meanwhile;
        meanwhile = undefined;
        await once?.();
        await sync.call(file);
      };
      return file;
    };
    await a.compact(); // opens the file anew
    const readsAndFails = async (): Promise<void> => {
      await b.refresh();
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    for (const second of [[put('c', 3)], [put('c', 3), put('d', 4)]]) {
      meanwhile = readsAndFails;
      await assert.rejects(a.append([put('b', 2)]), { code: 'storage-failed' });
      assert.equal(b.position('b'), b.entries.length - 1, 'was there to read');
      await a.append(second);
      await b.refresh();
      assert.equal(textOf(await stateOf(b)), textOf(await stateOf(a)));
    }
    meanwhile = readsAndFails;
    await assert.rejects(a.append([put('b', 2)]), { code: 'storage-failed' });
    await b.refresh();
    assert.equal(textOf(await stateOf(b)), textOf(await stateOf(a)));
  });

  test('whoever ends without closing leaves everything, and a closed file that is cut says so', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    let state = empty;
    const ends: number[] = [];
    for (let n = 0; n < 40; n++) {
      await index.append([put(`${n}`, n)]);
      state = applied(state, [put(`${n}`, n)]);
      ends.push(index.byteLength);
      const left = new MemoryStore();
      left.files.set('index-1.likeness', store.files.get('index-1.likeness')!.slice());
      const again = await IndexStore.open(left);
      await assertState(again, state);
      assert.equal(again.dropped, undefined);
    }
    await index.close();
    for (const end of ends.slice(0, -1)) {
      const cut = new MemoryStore();
      cut.files.set('index-1.likeness', store.files.get('index-1.likeness')!.slice(0, end));
      assert.ok((await IndexStore.open(cut)).dropped, `cut to ${end} of ${ends.at(-1)}`);
    }
  });

  test('large segments end with a page, whatever the ids are', async () => {
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(512) });
    let state = empty;
    for (const [n, letter] of ['a', 'ä', '画', '\u{1f5bc}', '"', '\n'].entries()) {
      const changes = Array.from({ length: 33 }, (_, row) => ({
        id: `${n} ${letter.repeat(row)}`,
        vector: vectorOf(100 * n + row, 512),
      }));
      await index.append(changes);
      state = applied(state, changes);
      assert.equal(index.byteLength % 4096, 0);
    }
    await index.append([{ remove: '0 ' }]);
    state = applied(state, [{ remove: '0 ' }]);
    assert.equal(index.byteLength % 4096, 192, 'a small one is no larger than it has to be');
    await index.close();
    await assertState(await IndexStore.open(store), state);
  });

  test('another model, another dimension and another parity are refused', async () => {
    const store = new MemoryStore();
    await (await open(store)).close();
    const other = 'vgg16@9:fedcba9876543210';
    await assert.rejects(IndexStore.open(store, { create: info(d, other) }), (error: Error) => {
      assert.match(error.message, /tiny@1:0123456789abcdef.*vgg16@9:fedcba9876543210/);
      return (error as { code?: string }).code === 'model-mismatch';
    });
    await assert.rejects(IndexStore.open(store, { create: info(d + 1) }), { code: 'model-mismatch' });
    await assert.rejects(IndexStore.open(store, { create: { ...info(d), parity: 'keras' } }), {
      code: 'model-mismatch',
    });
    await assert.rejects(IndexStore.open(new MemoryStore()), { code: 'not-found' });
  });

  test('a newer format is refused with both numbers', async () => {
    const store = new MemoryStore();
    await (await open(store)).close();
    store.files.get('index-1.likeness')![8] = 7;
    await assert.rejects(open(store), (error: Error) => {
      assert.match(error.message, /version 7.*version 1/);
      return (error as { code?: string }).code === 'newer-format';
    });
  });

  test('bad changes are refused and change nothing', async () => {
    const index = await open(new MemoryStore());
    await index.append([put('a', 1)]);
    await assert.rejects(index.append([put('b', 1), { id: 'c', vector: new Float32Array(4) }]), {
      code: 'bad-argument',
      message: /"c" has 4 values.*holds 5/,
    });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const metas = [() => 1, new Date(0), { a: Number.NaN }, [undefined], cyclic, 'x'.repeat(2 << 20), 1n];
    for (const meta of metas) {
      await assert.rejects(index.append([put('b', 1, { meta })]), { code: 'bad-argument' });
    }
    assert.equal(index.entries.length, 1);
    await index.close();
    await assert.rejects(index.append([put('b', 1)]), { code: 'closed' });
  });

  test('exports one file, which can be opened as it is and imported', async () => {
    const index = await open(new MemoryStore());
    let state = empty;
    for (let n = 0; n < 30; n++) {
      await index.append(randomChanges(n, d));
      state = applied(state, randomChanges(n, d));
    }
    const { byteLength, parts } = index.exported();
    const pieces: BlobPart[] = [];
    for await (const part of parts) pieces.push(part.slice());
    const blob = new Blob(pieces);
    assert.equal(blob.size, byteLength);

    const source = await IndexStore.open(blobStore(blob));
    await assertState(source, state);
    await assert.rejects(source.append([put('b', 1)]), { code: 'read-only' });
    const store = new MemoryStore();
    const target = await open(store);
    await target.append([put('gone', 1)]);
    await target.importFrom(source);
    await assertState(target, state);
    await target.append(randomChanges(30, d));
    state = applied(state, randomChanges(30, d));
    await target.close();
    await assertState(await open(store), state);

    const short = await IndexStore.open(blobStore(blob.slice(0, blob.size - 64))).catch((error) => error);
    assert.equal(short.code, 'bad-file');
    const other = await IndexStore.open(new MemoryStore(), { create: info(d, 'other@1:00') });
    await assert.rejects(other.importFrom(source), { code: 'model-mismatch' });
  });

  test('an aborted compaction changes nothing', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    await index.append([put('a', 1), put('b', 2)]);
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(index.compact({ signal }), /enough/);
    assert.deepEqual([...store.files.keys()], ['index-1.likeness']);
    await index.append([{ remove: 'a' }]);
    await index.compact();
    assert.deepEqual([...store.files.keys()], ['index-2.likeness']);
  });
});
