import { checkDistance, refuse } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type { EngineQueryOptions } from '../engine/call-types.ts';
import type { DuplicatesAnswer, DuplicatesStep } from '../engine/duplicates.ts';
import { bestFirst, defaultMaxDistance } from '../engine/near-duplicates.ts';
import type { CallOptions, DuplicateGroup, DuplicatesOptions, PictureSize } from '../engine/types.ts';
import type { Entry } from '../store/format/records.ts';
import { checkQuery } from './arguments.ts';

/** Sizes that are asked for at once: each may open a file. */
const sizesAtOnce = 16;

/**
 * Checks the options of `duplicates`.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkDuplicates(options: DuplicatesOptions): {
  checked: Pick<DuplicatesOptions, 'onPairs' | 'sizeOf'> & { maxDistance: number };
  asked: ReturnType<typeof checkQuery>;
} {
  const { maxDistance = defaultMaxDistance, filter, onPairs, sizeOf } = options;
  checkDistance(maxDistance);
  for (const [name, value] of Object.entries({ onPairs, sizeOf })) {
    if (value !== undefined && typeof value !== 'function') refuse(name, value, 'a function');
  }
  return { checked: { maxDistance, onPairs, sizeOf }, asked: checkQuery({ filter }) };
}

/**
 * Takes the steps of a search for near-duplicates: pairs wait here until they are taken, and no step begins before.
 *
 * @param step a call of the engine
 */
export async function findDuplicates(
  step: (step: DuplicatesStep, how: CallOptions) => Promise<DuplicatesAnswer>,
  filter: EngineQueryOptions['filter'],
  { maxDistance, onPairs, sizeOf }: ReturnType<typeof checkDuplicates>['checked'],
  how: CallOptions & { signal: AbortSignal },
): Promise<DuplicateGroup[]> {
  const { job } = await step({ begin: { filter, maxDistance, listed: onPairs !== undefined } }, {});
  try {
    let groups: Entry[][] | undefined;
    while (!groups) {
      // An abort is heard between two steps.
      await new Promise((resolve) => setTimeout(resolve));
      how.signal.throwIfAborted();
      const answer = await step({ job }, how);
      if (answer.pairs.length > 0) await onPairs!(answer.pairs);
      groups = answer.groups;
    }
    for (;;) {
      const sizes = await sizesOf(groups.flat(), sizeOf, how.signal);
      const best = bestFirst((entry: Entry) => sizes.get(entry.id));
      const ordered = groups.map((group) => [...group].sort(best).map(({ id }) => id));
      const answer = await step({ job, ordered }, { signal: how.signal });
      if (answer.distances) {
        const entries = new Map(groups.flat().map((entry) => [entry.id, entry]));
        return answer.distances.map((group) => ({
          pictures: group.map(({ id, distance }) => ({ ...entries.get(id)!, distance, ...sizes.get(id) })),
        }));
      }
      // Pictures have gone meanwhile.
      groups = answer.groups!;
    }
  } finally {
    await step({ job, end: true }, {}).catch(() => {}); // the worker has ended
  }
}

async function sizesOf(
  entries: readonly Entry[],
  sizeOf: DuplicatesOptions['sizeOf'],
  signal: AbortSignal,
): Promise<Map<string, PictureSize>> {
  const sizes = new Map<string, PictureSize>();
  if (!sizeOf) return sizes;
  for (let first = 0; first < entries.length; first += sizesAtOnce) {
    signal.throwIfAborted();
    const some = entries.slice(first, first + sizesAtOnce);
    const found = await Promise.all(some.map((entry) => sizeOf(entry)));
    for (const [i, size] of found.entries()) if (size !== undefined) sizes.set(some[i]!.id, checkSize(size));
  }
  return sizes;
}

function checkSize(size: PictureSize): PictureSize {
  const { width, height, byteLength } = size ?? {};
  for (const value of [width, height, byteLength]) {
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue;
    throw new LikenessError(
      'bad-argument',
      `sizeOf gave ${String(value)} as a size; it has to give { width, height, byteLength }, numbers from 0, or nothing.`,
    );
  }
  return {
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(byteLength !== undefined && { byteLength }),
  };
}
