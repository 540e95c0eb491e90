import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LikenessError } from '../../errors.ts';
import { FlatIndex } from '../../knn/flat-index.ts';
import { parseNpy } from '../../knn/npy.ts';
import { ImageSearch } from '../../platform/node.ts';
import type { IndexStore } from '../../store/index-store.ts';
import type { Hit, OpenOptions } from '../../types.ts';
import { hitsToJson, hitsToTable } from '../hit-table.ts';
import { modelOfIndex } from '../model-source.ts';
import { openIndexOf, settingOf } from '../open-index.ts';
import { resultsPage } from '../results-page.ts';

export interface QueryOptions {
  index: string;
  k: number;
  json?: boolean;
  html?: string;
  device: NonNullable<OpenOptions['device']>;
  threads?: number;
  parity?: 'keras';
}

/** `likeness query <image|vector.npy> -i <index>` */
export async function query(what: string, options: QueryOptions): Promise<void> {
  const index = await openIndexOf(options.index);
  const isVector = /\.npy$/i.test(what);
  const vector = isVector
    ? await readVector(what, index.info.dimension)
    : await extract(what, index, options);
  const hits = await nearest(vector, index, options.k);

  if (options.html !== undefined) {
    const pictures = resolve(options.index, settingOf(index, 'pictures') ?? '.');
    const page = await resultsPage({
      query: isVector ? undefined : what,
      queryName: what,
      hits,
      pathOf: (id) => join(pictures, id),
    });
    await writeFile(options.html, page);
    console.error(`Wrote ${options.html}`);
  }
  await index.close();
  console.log(options.json ? hitsToJson(hits) : hitsToTable(hits));
}

async function readVector(path: string, dimension: number): Promise<Float32Array> {
  const { data, shape } = parseNpy(await readFileOrExplain(path));
  if (data.length !== dimension || shape.some((side) => side !== 1 && side !== dimension)) {
    throw new LikenessError(
      'bad-argument',
      `${path} has the shape (${shape.join(', ')}); wanted one vector of ${dimension} values, as this index holds.`,
    );
  }
  return Float32Array.from(data);
}

async function readFileOrExplain(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new LikenessError('not-found', `${path} cannot be read: ${(error as Error).message}`);
  }
}

async function extract(
  path: string,
  { info, settings }: IndexStore,
  options: QueryOptions,
): Promise<Float32Array> {
  const noted = settings.get('model');
  await using search = await ImageSearch.open({
    model: modelOfIndex(typeof noted === 'string' ? noted : info.model.name, options.index),
    device: options.device,
    threads: options.threads,
    parity: options.parity ?? info.parity ?? undefined,
  });
  const { model } = await search.report();
  if (model.fingerprint !== info.model.fingerprint) {
    throw new LikenessError(
      'model-mismatch',
      `The index ${options.index} holds features of ${info.model.fingerprint}, but the model here is ${model.fingerprint}; use that model or make the index again.`,
    );
  }
  return await search.extract(resolve(path)); // awaited here: the search is closed on the way out
}

async function nearest(vector: Float32Array, stored: IndexStore, k: number): Promise<Hit[]> {
  const { entries, info } = stored;
  if (entries.length === 0) return [];
  const index = await FlatIndex.create({ dimension: info.dimension });
  for await (const { values } of stored.rows()) index.add(values);
  const found = await index.search(vector, Math.min(k, entries.length));
  index.close();
  return Array.from({ length: found.k }, (_, rank) => ({
    id: entries[found.rows[rank]!]!.id,
    distance: found.distances[rank]!,
  }));
}
