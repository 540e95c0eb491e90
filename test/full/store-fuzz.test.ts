import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LikenessError } from '../../src/base/errors.ts';
import { bytesFile } from '../../src/base/random-access.ts';
import { encodeNpy, parseNpy } from '../../src/python/npy.ts';
import { openNpyRows } from '../../src/python/npy-rows.ts';
import { readNpz } from '../../src/python/npz.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { MemoryStore } from '../../src/store/media/store.memory.ts';
import { readFixture } from '../support/fixture.ts';
import { seeded } from '../support/random.ts';
import { applied, empty, info, randomChanges, stateOf, textOf } from '../support/store-model.ts';

/** Each of the fuzzers runs so long. */
const seconds = 60;

/** Flips, overwrites, cuts, doubles, inserts. */
function mutated(bytes: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  let out = bytes.slice();
  const pick = (count: number): number => Math.floor(random() * count);
  for (let times = 1 + pick(4); times > 0; times--) {
    const at = pick(out.length);
    const length = pick(Math.min(200, out.length - at + 1));
    const kind = pick(6);
    if (kind === 0 && out.length > 0) out[at]! ^= 1 << pick(8);
    else if (kind === 1) out.fill(pick(256), at, at + length);
    else if (kind === 2) out = out.slice(0, at);
    else if (kind === 3) out.copyWithin(at, pick(out.length), pick(out.length));
    else if (kind === 4) out = joined(out.subarray(0, at), out.subarray(at + length));
    else out = joined(out.subarray(0, at), out.subarray(pick(out.length)));
  }
  return out as Uint8Array<ArrayBuffer>;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

async function fuzz(what: string, attempt: (random: () => number) => Promise<string>): Promise<void> {
  const seed = Date.now() >>> 0;
  const end = performance.now() + seconds * 1000;
  const counts: Record<string, number> = {};
  for (let n = 0; performance.now() < end; n++) {
    try {
      const outcome = await attempt(seeded(seed + n));
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    } catch (error) {
      throw new Error(`${what}, seed ${seed + n}: ${(error as Error).stack}`);
    }
  }
  console.log(`# ${what}: ${JSON.stringify(counts)}`);
  assert.ok(Object.values(counts).reduce((a, b) => a + b, 0) > 100);
}

/** A refusal has a code; anything else thrown is a crash. */
function refused(error: unknown): string {
  if (!(error instanceof LikenessError)) throw error;
  return error.code;
}

describe('fuzzing', () => {
  test('the index: what opens is a state that was, or says what is damaged or dropped', async () => {
    const d = 4;
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(d) });
    const states = [empty];
    for (let n = 1; n <= 12; n++) {
      await index.append(randomChanges(n, d, 10));
      states.push(applied(states.at(-1)!, randomChanges(n, d, 10)));
    }
    await index.close();
    const whole = store.files.get('index-1.likeness')!.slice();
    const texts = new Set(states.map(textOf));
    await fuzz('index', async (random) => {
      const damaged = new MemoryStore();
      damaged.files.set('index-1.likeness', mutated(whole, random));
      let opened: IndexStore;
      try {
        opened = await IndexStore.open(damaged);
      } catch (error) {
        return refused(error);
      }
      try {
        const text = textOf(await stateOf(opened));
        assert.ok(texts.has(text), 'a state that never was');
        if (text === textOf(states.at(-1)!)) return 'whole';
        assert.ok(opened.dropped, 'something is missing without a word');
        return 'dropped';
      } catch (error) {
        return `row ${refused(error)}`;
      }
    });
  });

  test('.npy and .npz: an array or a refusal', async () => {
    const files = [
      encodeNpy(
        Float32Array.from({ length: 60 }, (_, i) => i),
        [12, 5],
      ),
      await readFixture('npy/be-f8-f.npy'),
      await readFixture('npy/version-3.npy'),
      await readFixture('npy/features-c-f2.npy'),
    ];
    const { zipSync } = await import('fflate');
    const zips = [
      zipSync({ 'a.npy': files[0]!, 'b.npy': files[1]! }),
      zipSync({ 'a.npy': files[0]!, 'b.npy': files[1]! }, { level: 0 }),
      await readFixture('npz/zip64-packed.npz'),
      await readFixture('npz/zip64-stored.npz'),
    ];
    /** What the archives hold: an array that is read from a damaged one is one of these, since it has a checksum. */
    const whole = new Set<string>(files.slice(0, 2).map(String));
    for (const zip of zips.slice(2)) {
      for (const name of ['other', 'features']) whole.add(String(await readNpz(bytesFile(zip), name)));
    }
    await fuzz('.npy', async (random) => {
      const bytes = mutated(files[Math.floor(random() * files.length)]!, random);
      try {
        parseNpy(bytes);
        const rows = await openNpyRows(bytesFile(bytes));
        let values = 0;
        for await (const block of rows.blocks()) values += block.length;
        assert.equal(values, rows.rows * rows.columns);
        return 'read';
      } catch (error) {
        return refused(error);
      }
    });
    await fuzz('.npz', async (random) => {
      const n = Math.floor(random() * zips.length);
      const zip = mutated(zips[n]!, random);
      try {
        const bytes = await readNpz(bytesFile(zip), n < 2 ? 'a' : 'features');
        assert.ok(whole.has(String(bytes)), 'an array that nobody wrote');
        return 'read';
      } catch (error) {
        return refused(error);
      }
    });
  });
});
