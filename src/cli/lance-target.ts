import type { VectorRow } from '../engine/vector-engine.ts';
import { LanceIndex } from '../lance/index.ts';
import { tryTable } from '../lance/try-table.ts';
import { endpointOptions } from './lance-address.ts';
import { quietEngine } from './quiet-engine.ts';

/** Where `--to lancedb:<uri>` writes to. */
export interface LanceTarget {
  /** With `lancedb:` before it. */
  to: string;
  table?: string | undefined;
  endpoint?: string | undefined;
}

/** What a table has to hold. */
export interface LanceKind {
  dims: number;
  fingerprint: string;
}

const uriOf = ({ to }: LanceTarget): string => to.slice('lancedb:'.length);
const optionsOf = (target: LanceTarget, kind: LanceKind) => ({
  ...kind,
  table: target.table,
  ...endpointOptions(uriOf(target), target.endpoint),
});

/** Opens the table, or makes it. @throws LikenessError what {@link LanceIndex.open} throws */
export function openLance(target: LanceTarget, kind: LanceKind): Promise<LanceIndex> {
  quietEngine();
  return LanceIndex.open(uriOf(target), optionsOf(target, kind));
}

/** Before long work: whether the table could be opened, or also written to. @throws LikenessError as {@link openLance} */
export function tryLance(target: LanceTarget, kind: LanceKind, how: 'look' | 'write'): Promise<void> {
  quietEngine();
  return tryTable(uriOf(target), optionsOf(target, kind), how);
}

/** Rows that are looked for in the table together. */
const lookedFor = 1000;

/**
 * Leaves out the rows that are in the table as they are here: what an attempt that was ended has written is not written
 * again.
 *
 * @param onSkip told how many were left out at once
 */
export async function* newRows(
  index: LanceIndex,
  rows: AsyncIterable<VectorRow>,
  onSkip: (count: number) => void,
): AsyncGenerator<VectorRow> {
  let part: VectorRow[] = [];
  const rest = async (): Promise<VectorRow[]> => {
    const there = await index.vectorsOf(part.map(({ id }) => id));
    const changed = part.filter(({ vector }, n) => !isSame(vector, there[n]));
    // Of those with the same vector, the metadata may differ.
    const same = new Set(part.filter((row) => !changed.includes(row)).map(({ id }) => id));
    const { entries } = same.size
      ? await index.entries({ filter: [...same], limit: same.size })
      : { entries: [] };
    const metas = new Map(entries.map(({ id, meta }) => [id, JSON.stringify(meta)]));
    const wanted = part.filter(({ id, meta }) => !same.has(id) || metas.get(id) !== JSON.stringify(meta));
    if (wanted.length < part.length) onSkip(part.length - wanted.length);
    part = [];
    return wanted;
  };
  for await (const row of rows) {
    part.push(row);
    if (part.length === lookedFor) yield* await rest();
  }
  if (part.length > 0) yield* await rest();
}

const isSame = (a: Float32Array, b: Float32Array | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((value, n) => Object.is(value, b[n]));
