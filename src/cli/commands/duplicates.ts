import { resolve } from 'node:path';
import { bestFirst, defaultMaxDistance } from '../../engine/near-duplicates.ts';
import type { DuplicateGroup, PictureSize } from '../../engine/types.ts';
import { squaredDistance } from '../../knn/js/distances.ts';
import { Linkage } from '../../knn/linkage.ts';
import { createPairBlock } from '../../knn/pair-block.ts';
import { findPairs } from '../../knn/pairs.ts';
import { writeFileAt } from '../../output/write-file.node.ts';
import type { PlacedEntry } from '../../store/format/entries.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { settingOf } from '../index-notes.ts';
import { openIndexOf } from '../open-index.ts';
import { placeBesideIndex } from '../output-file.ts';
import { pathBelow } from '../picture-path.ts';
import { pictureSize } from '../picture-size.ts';
import { print, printJson, say } from '../print.ts';
import { progressBar } from '../progress.ts';
import { duplicatesPage } from '../results-page.ts';
import { rowsOf, wholeEntries } from '../whole-entries.ts';

interface Options {
  maxDistance?: number;
  json?: boolean;
  html?: string;
}

/** Fewer are compared in a second. */
const worthProgress = 5000;

/** `likeness duplicates <index>` */
export async function duplicates(where: string, options: Options): Promise<void> {
  const { maxDistance = defaultMaxDistance, json, html } = options;
  const place =
    html === undefined ? undefined : await placeBesideIndex(html, where, { option: '--html', kind: 'html' });
  const { index } = await openIndexOf(where);
  try {
    const pictures = resolve(where, settingOf(index, 'pictures') ?? '.');
    const pathOf = (id: string): string => pathBelow(pictures, id);
    const groups = await groupsOf(index, where, maxDistance, pathOf);
    if (place) {
      await writeFileAt(place, await duplicatesPage({ groups, maxDistance, pathOf }));
      say(`Wrote ${place.named}`);
    }
    if (json) {
      printJson(
        groups.map((group) => ({
          pictures: group.pictures.map(({ id, distance, width, height, byteLength }) => ({
            id,
            distance: Number(distance.toFixed(7)),
            width,
            height,
            byteLength,
          })),
        })),
      );
      return;
    }
    print('group  distance        pixels       bytes  file');
    for (const [n, group] of groups.entries()) {
      for (const { id, distance, width, height, byteLength } of group.pictures) {
        const pixels = width === undefined ? '–' : `${width} × ${height}`;
        const columns = [
          String(n + 1).padStart(5),
          distance.toFixed(6).padStart(8),
          pixels.padStart(12),
          String(byteLength ?? '–').padStart(10),
          id,
        ];
        print(columns.join('  '));
      }
    }
  } finally {
    await index.close();
  }
}

/** Groups without pictures whose features are damaged. */
async function groupsOf(
  index: IndexStore,
  where: string,
  maxDistance: number,
  pathOf: (id: string) => string,
): Promise<DuplicateGroup[]> {
  const { dimension } = index.info;
  const entries = await wholeEntries(index, where);
  const read = (some: readonly PlacedEntry[]): Promise<Float32Array> => rowsOf(index, some);
  const linkage = new Linkage(entries.length);
  const block = await createPairBlock(dimension, maxDistance, 'wasm');
  const rows = {
    dimension,
    count: entries.length,
    read: (first: number, end: number) => read(entries.slice(first, end)),
  };
  const bar =
    entries.length > worthProgress ? progressBar('Comparing', entries.length, 'pictures') : undefined;
  for await (const { done } of findPairs(rows, { block, maxDistance, linkage, listed: false })) {
    bar?.update(Math.floor(done * entries.length));
  }
  bar?.stop();

  const groups: DuplicateGroup[] = [];
  for (const members of linkage.groups()) {
    const sized: { entry: PlacedEntry; size: PictureSize }[] = [];
    for (const n of members)
      sized.push({ entry: entries[n]!, size: await sizeOf(() => pathOf(entries[n]!.id)) });
    sized.sort(bestFirst(({ size }) => size));
    const best = await read([sized[0]!.entry]);
    const pictures: DuplicateGroup['pictures'] = [];
    for (const { entry, size } of sized) {
      const squared = squaredDistance(await read([entry]), 0, best, 0, dimension);
      pictures.push({ id: entry.id, distance: Math.sqrt(squared), ...size });
    }
    groups.push({ pictures });
  }
  return groups;
}

async function sizeOf(path: () => string): Promise<PictureSize> {
  try {
    return await pictureSize(path());
  } catch {
    return {}; // its id leads elsewhere
  }
}
