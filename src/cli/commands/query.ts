import { resolve, sep } from 'node:path';
import type { OpenOptions } from '../../api/options.ts';
import { LikenessError } from '../../base/errors.ts';
import type { Hit } from '../../engine/types.ts';
import { FlatIndex } from '../../knn/flat-index.ts';
import { firstNotFinite, hasUnitLength, lengthOf } from '../../knn/search/vectors.ts';
import type { FilePlace } from '../../output/place.node.ts';
import { writeFileAt } from '../../output/write-file.node.ts';
import { type NpyArray, parseNpy } from '../../python/npy.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { naming } from '../features.ts';
import { modelHere, otherModel, settingOf } from '../index-notes.ts';
import { checkInput, readInput } from '../input-file.ts';
import { openIndexOf, warnOfRows } from '../open-index.ts';
import { openSearch } from '../open-search.ts';
import { placeBesideIndex } from '../output-file.ts';
import { print, printJson, say } from '../print.ts';
import { resultsPage } from '../results-page.ts';

interface Options extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'> {
  index: string;
  k: number;
  json?: boolean;
  html?: string;
}

/** `likeness query <image|vector.npy> -i <index>` */
export async function query(what: string, options: Options): Promise<void> {
  const place =
    options.html === undefined
      ? undefined
      : await placeBesideIndex(options.html, options.index, {
          option: '--html',
          kind: 'html',
          apartFrom: [what],
        });
  const { index } = await openIndexOf(options.index);
  try {
    await answer(what, index, place, options);
  } finally {
    await index.close();
  }
}

async function answer(
  what: string,
  index: IndexStore,
  place: FilePlace | undefined,
  options: Options,
): Promise<void> {
  const isVector = /\.npy$/i.test(what);
  const vector = isVector
    ? await readVector(what, index, options.index)
    : await extract(what, index, options);
  const hits = await nearest(vector, index, options);

  if (place) {
    const pictures = resolve(options.index, settingOf(index, 'pictures') ?? '.');
    const page = await resultsPage({
      query: isVector ? undefined : resolve(what),
      queryName: what,
      hits,
      pathOf: (id) => pathBelow(pictures, id),
    });
    await writeFileAt(place, page);
    say(`Wrote ${place.named}`);
  }
  // Distances to seven decimals: float32 features carry no more.
  if (options.json)
    printJson(hits.map(({ id, distance }) => ({ id, distance: Number(distance.toFixed(7)) })));
  else {
    print('rank  distance  file');
    for (const [rank, { id, distance }] of hits.entries())
      print(`${String(rank + 1).padStart(4)}  ${distance.toFixed(6)}  ${id}`);
  }
}

async function readVector(path: string, index: IndexStore, where: string): Promise<Float32Array> {
  const { dimension } = index.info;
  let array: NpyArray;
  try {
    array = parseNpy(await readInput(path));
  } catch (error) {
    throw naming(path, error);
  }
  const { data, shape } = array;
  if (data.length !== dimension || shape.some((side) => side !== 1 && side !== dimension)) {
    throw new LikenessError(
      'bad-argument',
      `${path} has the shape (${shape.join(', ')}); wanted one vector of ${dimension} values, as this index holds.`,
    );
  }
  const vector = Float32Array.from(data);
  const bad = firstNotFinite(vector);
  if (bad >= 0) {
    throw new LikenessError(
      'bad-argument',
      `${path} holds ${vector[bad]} (value ${bad}, counted from 0): nothing is near to that. Wanted finite numbers.`,
    );
  }
  // A vector does not say which model made it. No server is asked for that.
  const isAway = /^https?:/i.test(settingOf(index, 'model') ?? '');
  const here = isAway ? undefined : await modelHere(where, index).catch(() => undefined);
  const other = here && otherModel(where, index, here.manifest);
  if (other) say(`${other.message} A vector that was made with this one finds nothing here.`);
  return vector;
}

async function extract(path: string, index: IndexStore, options: Options): Promise<Float32Array> {
  await checkInput(path);
  const { model, manifest } = await modelHere(options.index, index);
  const other = otherModel(options.index, index, manifest);
  if (other) throw other;
  await using search = await openSearch({
    model,
    backend: options.backend,
    threads: options.threads,
    exif: options.exif ?? (index.info.parity ? 'ignore' : 'apply'),
  });
  return await search.extract(resolve(path)); // awaited here: the search is closed on the way out
}

/** Where an indexed picture is. An index may come from elsewhere: its ids must not lead out of the folder. */
function pathBelow(folder: string, id: string): string {
  const path = resolve(folder, id);
  if (path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return path;
  throw new LikenessError('not-found', 'its id names no file in the folder of the pictures');
}

/** The nearest pictures, without those whose features are damaged. */
async function nearest(
  vector: Float32Array,
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
  const found = await index.search(vector, Math.min(k, entries.length), { exclude: leftOut });
  index.close();
  return Array.from({ length: found.counts[0]! }, (_, rank) => ({
    id: entries[found.rows[rank]!]!.id,
    distance: found.distances[rank]!,
  }));
}
