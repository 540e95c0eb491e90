import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LikenessError } from '../../../src/base/errors.ts';
import type { Change } from '../../../src/store/format/changes.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import type { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { type Fault, FaultyStore } from '../../support/faulty-store.ts';
import {
  applied,
  empty,
  info,
  randomChanges,
  type State,
  stateOf,
  textOf,
} from '../../support/store-model.ts';

/** Wide enough that a commit takes several sectors. */
const d = 150;

/** Adds, replaces, removes, compacts, closes and opens again. */
const scenario: (readonly Change[] | 'compact' | 'reopen')[] = [
  randomChanges(1, d, 8),
  randomChanges(2, d, 8),
  'compact',
  randomChanges(3, d, 8),
  'reopen',
  randomChanges(4, d, 8),
  randomChanges(5, d, 8),
  'compact',
  'compact',
  randomChanges(6, d, 8),
];

const codes = new Set(['storage-full', 'storage-failed']);

/**
 * Runs the scenario. Returns the states that may be there afterwards: a change that was acknowledged is in all of
 * them, one that failed may be in or out as a whole.
 */
async function run(store: FaultyStore, forever: boolean): Promise<{ possible: State[]; failed: number }> {
  let possible = [empty];
  let failed = 0;
  const fails = (error: unknown): void => {
    assert.ok(error instanceof LikenessError && codes.has(error.code), String(error));
    failed++;
  };
  const openStore = (): Promise<IndexStore | undefined> =>
    IndexStore.open(store, { create: info(d) }).catch((error) => {
      fails(error);
      return undefined;
    });
  let index = await openStore();
  for (const step of scenario) {
    index ??= await openStore();
    if (!index) continue;
    try {
      if (step === 'reopen') {
        await index.close();
        index = undefined;
      } else if (step === 'compact') await index.compact();
      else {
        const changed = possible.map((state) => applied(state, step));
        try {
          await index.append(step);
          possible = changed;
        } catch (error) {
          // Where the store works again the change was taken back.
          if (forever) possible.push(...changed);
          throw error;
        }
      }
    } catch (error) {
      fails(error);
    }
    // Readable after every failure, and right.
    if (index) {
      const now = textOf(await stateOf(index));
      assert.ok(
        possible.some((state) => textOf(state) === now),
        'the index in use holds what nobody asked for',
      );
    }
  }
  return { possible, failed };
}

async function check(store: MemoryStore, possible: readonly State[], what: string): Promise<void> {
  const index = await IndexStore.open(store, { create: info(d) });
  const state = textOf(await stateOf(index));
  assert.ok(
    possible.some((wanted) => textOf(wanted) === state),
    `${what}: reopened, it holds ${state}`,
  );
  // It can be written to again, and what is written stays.
  const more = randomChanges(99, d, 8);
  const wanted = applied(await stateOf(index), more);
  await index.append(more);
  await index.close();
  const again = await IndexStore.open(store);
  assert.equal(textOf(await stateOf(again)), textOf(wanted), what);
  assert.equal(again.dropped, undefined);
}

describe('a store that fails at the n-th change, for every n', () => {
  for (const kind of ['short', 'ENOSPC', 'EIO', 'QuotaExceededError'] as Fault[]) {
    for (const forever of [false, true]) {
      test(`${kind}, ${forever ? 'from then on' : 'once'}`, async () => {
        const whole = new FaultyStore();
        const { possible, failed } = await run(whole, false);
        assert.equal(failed, 0);
        assert.equal(possible.length, 1);
        let reopened = 0;
        for (let at = 1; at <= whole.changes; at++) {
          const store = new FaultyStore({ at, kind, forever });
          const outcome = await run(store, forever);
          await check(store.survivors(), outcome.possible, `fault at ${at}`);
          reopened++;
          // What reaches the medium in a power cut does not depend on the kind of the fault before.
          for (let seed = 0; kind === 'EIO' && seed < 12; seed++, reopened++) {
            await check(
              store.afterPowerCut(at * 100 + seed),
              outcome.possible,
              `power cut at ${at}, ${seed}`,
            );
          }
        }
        console.log(
          `# ${kind}${forever ? ', for ever' : ''}: ${whole.changes} changes, ${reopened} reopened: 0 lost, 0 half-written`,
        );
      });
    }
  }
});
