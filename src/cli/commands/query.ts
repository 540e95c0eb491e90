import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LikenessError } from '../../errors.ts';
import { FlatIndex } from '../../knn/flat-index.ts';
import { parseNpy } from '../../knn/npy.ts';
import { ImageSearch } from '../../platform/node.ts';
import { type IndexRecord, readIndexFolder, type StoredIndex } from '../../store/index-folder.ts';
import type { Hit, OpenOptions } from '../../types.ts';
import { hitsToJson, hitsToTable } from '../hit-table.ts';
import { modelOfIndex } from '../model-source.ts';
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
  const stored = await openIndexFolder(options.index);
  const isVector = /\.npy$/i.test(what);
  const vector = isVector
    ? await readVector(what, stored.record)
    : await extract(what, stored.record, options);
  const hits = await nearest(vector, stored, options.k);

  if (options.html !== undefined) {
    const pictures = resolve(options.index, stored.record.pictures);
    const page = await resultsPage({
      query: isVector ? undefined : what,
      queryName: what,
      hits,
      pathOf: (id) => join(pictures, id),
    });
    await writeFile(options.html, page);
    console.error(`Wrote ${options.html}`);
  }
  console.log(options.json ? hitsToJson(hits) : hitsToTable(hits));
}

/** The index in `folder`, or an error that says what to do. */
export async function openIndexFolder(folder: string): Promise<StoredIndex> {
  const stored = await readIndexFolder(folder);
  if (!stored) {
    throw new LikenessError(
      'not-found',
      `There is no index in ${folder}; make one with: likeness index <folder of pictures> -o ${folder}`,
    );
  }
  return stored;
}

async function readVector(path: string, { dimension }: IndexRecord): Promise<Float32Array> {
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

async function extract(path: string, record: IndexRecord, options: QueryOptions): Promise<Float32Array> {
  await using search = await ImageSearch.open({
    model: modelOfIndex(record.model.source, options.index),
    device: options.device,
    threads: options.threads,
    parity: options.parity ?? record.parity ?? undefined,
  });
  const { model } = await search.report();
  if (model.fingerprint !== record.model.fingerprint) {
    throw new LikenessError(
      'model-mismatch',
      `The index ${options.index} holds features of ${record.model.fingerprint}, but the model here is ${model.fingerprint}; use that model or make the index again.`,
    );
  }
  return await search.extract(resolve(path)); // awaited here: the search is closed on the way out
}

async function nearest(vector: Float32Array, { record, values }: StoredIndex, k: number): Promise<Hit[]> {
  const index = await FlatIndex.create({ dimension: record.dimension });
  index.add(values);
  const found = await index.search(vector, Math.min(k, record.count));
  index.close();
  return Array.from({ length: found.k }, (_, rank) => ({
    id: record.ids[found.rows[rank]!]!,
    distance: found.distances[rank]!,
  }));
}
