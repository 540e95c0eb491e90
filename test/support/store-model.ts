import assert from 'node:assert/strict';
import type { Json } from '../../src/base/json.ts';
import type { Change } from '../../src/store/format/changes.ts';
import type { IndexInfo } from '../../src/store/format/header.ts';
import type { IndexStore } from '../../src/store/index-store.ts';
import { seeded } from './random.ts';

export const info = (dimension: number, fingerprint = 'tiny@1:0123456789abcdef'): IndexInfo => ({
  model: { name: 'tiny', version: '1', fingerprint },
  dimension,
  parity: null,
});

export interface Picture {
  id: string;
  vector: number[];
  meta?: Json;
  hash?: string;
}

/** What an index should hold, kept the plain way. */
export interface State {
  pictures: Picture[];
  settings: Record<string, Json>;
}

export const empty: State = { pictures: [], settings: {} };

export function applied({ pictures, settings }: State, changes: readonly Change[]): State {
  const next: State = { pictures: [...pictures], settings: { ...settings } };
  for (const change of changes) {
    if ('set' in change) next.settings[change.set] = change.value;
    else if ('remove' in change) next.pictures = next.pictures.filter(({ id }) => id !== change.remove);
    else {
      const picture: Picture = { ...change, vector: [...change.vector] };
      const at = next.pictures.findIndex(({ id }) => id === change.id);
      if (at < 0) next.pictures.push(picture);
      else next.pictures[at] = picture;
    }
  }
  return next;
}

/** What an index holds, rows included. */
export async function stateOf(index: IndexStore): Promise<State> {
  const { dimension } = index.info;
  const entries = [...index.entries];
  const values = new Float32Array(entries.length * dimension);
  await index.readRows(entries, values);
  return {
    pictures: entries.map(({ id, meta, hash }, n) => ({
      id,
      vector: [...values.subarray(n * dimension, (n + 1) * dimension)],
      ...(meta === undefined ? {} : { meta }),
      ...(hash === undefined ? {} : { hash }),
    })),
    settings: Object.fromEntries([...index.settings].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** One text for one state. */
export const textOf = (state: State): string =>
  JSON.stringify({
    pictures: state.pictures.map(({ id, vector, meta, hash }) => [id, vector, meta ?? null, hash ?? null]),
    settings: Object.entries(state.settings).sort(([a], [b]) => (a < b ? -1 : 1)),
  });

export async function assertState(index: IndexStore, wanted: State, message?: string): Promise<void> {
  assert.equal(textOf(await stateOf(index)), textOf(wanted), message);
  for (const [n, { id }] of wanted.pictures.entries()) assert.equal(index.position(id), n, message);
}

export function vectorOf(seed: number, dimension: number): Float32Array<ArrayBuffer> {
  const random = seeded(seed);
  return Float32Array.from({ length: dimension }, () => random() * 2 - 1);
}

/** The n-th change of an endless sequence of changes, small and large, that names itself as the setting `step`. */
export function randomChanges(n: number, dimension: number, ids = 40): Change[] {
  const random = seeded(n * 7919 + 13);
  const pick = (count: number): number => Math.floor(random() * count);
  const changes: Change[] = [];
  const count = random() < 0.1 ? 20 + pick(20) : 1 + pick(5);
  for (let i = 0; i < count; i++) {
    const id = `picture ${pick(ids)}`;
    if (random() < 0.3) changes.push({ remove: id });
    else {
      changes.push({
        id,
        vector: vectorOf(n * 1000 + i, dimension),
        ...(random() < 0.5 ? { meta: { step: n, tags: ['ä', '"', '\n'], nested: { of: null } } } : {}),
        ...(random() < 0.5 ? { hash: n.toString(16).padStart(64, '0') } : {}),
      });
    }
  }
  changes.push({ set: 'step', value: n });
  return changes;
}

/** Tries again while the other object has the lock, which it gives back when it has been idle for a while. */
export async function onceUnlocked(change: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; ) {
    try {
      await change();
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'locked' || Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
