import { resolve } from 'node:path';
import type { Hit } from '../../engine/types.ts';
import { FlatIndex } from '../../knn/flat-index.ts';
import { firstNotFinite, hasUnitLength, lengthOf } from '../../knn/search/vectors.ts';
import type { FilePlace } from '../../output/place.node.ts';
import { writeFileAt } from '../../output/write-file.node.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { settingOf } from '../index-notes.ts';
import { openIndexOf, warnOfRows } from '../open-index.ts';
import { placeBesideIndex } from '../output-file.ts';
import { pathBelow } from '../picture-path.ts';
import { print, printJson, say } from '../print.ts';
import { type Asked, queryVector } from '../query-vector.ts';
import { resultsPage } from '../results-page.ts';

interface Options extends Omit<Asked, 'what'> {
  k: number;
  json?: boolean;
  html?: string;
}

/** `likeness query <image|vector.npy|id> -i <index>` */
export async function query(what: string, options: Options): Promise<void> {
  const { plus = [], minus = [] } = options;
  const place =
    options.html === undefined
      ? undefined
      : await placeBesideIndex(options.html, options.index, {
          option: '--html',
          kind: 'html',
          apartFrom: [what, ...plus, ...minus],
        });
  const { index } = await openIndexOf(options.index);
  try {
    await answer({ what, ...options }, index, place);
  } finally {
    await index.close();
  }
}

async function answer(
  asked: Asked & Options,
  index: IndexStore,
  place: FilePlace | undefined,
): Promise<void> {
  const { vector, ids, kind } = await queryVector(asked, index);
  const hits = await nearest(vector, ids, index, asked);

  if (place) {
    const { what, region } = asked;
    const pictures = resolve(asked.index, settingOf(index, 'pictures') ?? '.');
    const part = region ? ` (${region.width} × ${region.height} at ${region.x}, ${region.y})` : '';
    const page = await resultsPage({
      query:
        kind === 'vector' ? undefined : () => (kind === 'id' ? pathBelow(pictures, what) : resolve(what)),
      queryName: [
        `${what}${part}`,
        ...(asked.plus ?? []).map((name) => `+ ${name}`),
        ...(asked.minus ?? []).map((name) => `− ${name}`),
      ].join(' '),
      hits,
      pathOf: (id) => pathBelow(pictures, id),
    });
    await writeFileAt(place, page);
    say(`Wrote ${place.named}`);
  }
  // Distances to seven decimals: float32 features carry no more.
  if (asked.json) printJson(hits.map(({ id, distance }) => ({ id, distance: Number(distance.toFixed(7)) })));
  else {
    print('rank  distance  file');
    for (const [rank, { id, distance }] of hits.entries())
      print(`${String(rank + 1).padStart(4)}  ${distance.toFixed(6)}  ${id}`);
  }
}

/**
 * The nearest pictures, without those whose features are damaged.
 *
 * @param own ids that the query is made of: they are no answers
 */
async function nearest(
  vector: Float32Array,
  own: readonly string[],
  stored: IndexStore,
  { k, index: where }: Options,
): Promise<Hit[]> {
  const { entries, info } = stored;
  if (entries.length === 0) return [];
  const index = await FlatIndex.create({ dimension: info.dimension });
  const damaged = new Set<string>();
  const leftOut: number[] = [];
  let normalised = 0;
  for await (const { first, values } of stored.rows(entries, ({ id }) => damaged.add(id))) {
    for (let at = 0; at < values.length; at += info.dimension) {
      const { id } = entries[first + at / info.dimension]!;
      const row = values.subarray(at, at + info.dimension);
      if (firstNotFinite(row) >= 0) damaged.add(id);
      if (damaged.has(id)) {
        leftOut.push(first + at / info.dimension);
        row.fill(0); // excluded from the search, but a row needs values
      } else if (hasUnitLength(row)) normalised++;
    }
    index.add(values);
  }
  const whole = entries.length - leftOut.length;
  if (damaged.size > 0) warnOfRows(where, [...damaged], entries.length);
  if (hasUnitLength(vector) !== normalised * 2 > whole) {
    // Distances between vectors of one length and of any length say little.
    say(
      `The query has length ${lengthOf(vector).toPrecision(4)}, ${normalised} of the ${whole} vectors in the index have length 1. Divide by np.linalg.norm to compare them.`,
    );
  }
  const found = await index.search(vector, Math.min(k, entries.length), {
    exclude: [...leftOut, ...own.map((id) => stored.position(id)!)],
  });
  index.close();
  return Array.from({ length: found.counts[0]! }, (_, rank) => ({
    id: entries[found.rows[rank]!]!.id,
    distance: found.distances[rank]!,
  }));
}
