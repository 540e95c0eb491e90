import { partOf } from '../static-index/part-of.ts';
import type { Card, SimilarPart, SiteRecord } from '../static-index/types.ts';
import { asksMeta, type Choice, testOf } from './choice.ts';
import type { LikenessResult } from './result.ts';
import type { Site } from './site.ts';

/** What one distance is stored in. */
const distanceSteps = 2 ** 15;

/**
 * The pictures most similar to one of the site's, as they were found when the site was built.
 *
 * @param names what the picture may be called: paths within the site, the first that the index knows
 * @param choice which of those that are stored with it may be shown
 * @returns `undefined` where it knows none
 */
export async function neighbours(
  site: Site,
  names: readonly string[],
  k: number,
  choice: Choice = {},
): Promise<LikenessResult[] | undefined> {
  const test = testOf(choice);
  for (const name of names) {
    const at = partOf(site.entry, name);
    if (at * 8 >= site.entry.parts.length) continue;
    const part = await site.packed<SimilarPart>('similar', site.entry.parts, at);
    const found = part.pictures.find(
      ([card, aliases]) => part.cards[card]![1] === name || aliases.includes(name),
    );
    if (!found) continue;
    const [, , rows, steps] = found;
    const distances = sums(steps).map((sum) => sum / distanceSteps);
    const cards = new Map(part.cards.map((card) => [card[0], card]));
    const read = async (row: number, rank: number): Promise<LikenessResult> => {
      const card = asksMeta(choice) ? undefined : cards.get(row);
      return card
        ? ofCard(site, card, distances[rank]!)
        : ofRecord(site, await site.record(row), distances[rank]!);
    };
    const results: LikenessResult[] = [];
    for (let at = 0; at < rows.length && results.length < k; at += k) {
      const some = await Promise.all(rows.slice(at, at + k).map((row, n) => read(row, at + n)));
      results.push(...some.filter(({ id, meta }) => !test || test(id, meta)));
    }
    return results.slice(0, k);
  }
  return undefined;
}

/** The sums of the first values of a list. */
function sums(steps: readonly number[]): number[] {
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    return sum;
  });
}

function ofCard(site: Site, [, id, small, width, height, alt, page]: Card, distance: number): LikenessResult {
  return {
    id,
    distance,
    url: site.at(id),
    page: site.at(page),
    thumbnail: site.thumbnail(small, id),
    alt,
    width,
    height,
  };
}

/** A picture with all that the site says of it. */
export function ofRecord(
  site: Site,
  { id, small, width, height, places, meta }: SiteRecord,
  distance: number,
): LikenessResult {
  const { page = id, alt, caption, title } = places[0] ?? {};
  return {
    id,
    distance,
    url: site.at(id),
    page: site.at(page.replace(/(^|\/)index\.html$/, '$1')),
    thumbnail: site.thumbnail(small, id),
    alt: alt || caption || title || '',
    width,
    height,
    ...(caption && { caption }),
    ...(title && { title }),
    ...(meta && { meta }),
  };
}
