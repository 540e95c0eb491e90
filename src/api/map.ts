import { checkWhole } from '../base/checks.ts';
import type { EngineQueryOptions } from '../engine/call-types.ts';
import { defaultNeighbours, leastNeighbours, mostNeighbours } from '../engine/map/neighbours.ts';
import type { MapAnswer, MapStep } from '../engine/picture-maps.ts';
import type { CallOptions, MapOptions, PictureMap } from '../engine/types.ts';
import { checkQuery } from './arguments.ts';

/**
 * Checks the options of `map`.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkMap({ neighbours = defaultNeighbours, filter }: MapOptions): {
  neighbours: number;
  asked: ReturnType<typeof checkQuery>;
} {
  checkWhole('neighbours', neighbours, leastNeighbours, mostNeighbours);
  return { neighbours, asked: checkQuery({ filter }) };
}

/**
 * Takes the steps of a map.
 *
 * @param step a call of the engine
 */
export async function makeMap(
  step: (step: MapStep, how: CallOptions) => Promise<MapAnswer>,
  begin: { neighbours: number; filter: EngineQueryOptions['filter'] },
  how: CallOptions & { signal: AbortSignal },
): Promise<PictureMap> {
  const { job } = await step({ begin }, {});
  try {
    for (;;) {
      // An abort is heard between two steps.
      await new Promise((resolve) => setTimeout(resolve));
      how.signal.throwIfAborted();
      const { map } = await step({ job }, how);
      if (map) return map;
    }
  } finally {
    await step({ job, end: true }, {}).catch(() => {}); // the worker has ended
  }
}
