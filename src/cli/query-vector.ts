import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OpenOptions } from '../api/options.ts';
import { LikenessError } from '../base/errors.ts';
import { rocchio } from '../engine/rocchio.ts';
import type { Region } from '../image/crop.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';
import { type NpyArray, parseNpy } from '../python/npy.ts';
import type { IndexStore } from '../store/index-store.ts';
import { naming } from './features.ts';
import { modelHere, otherModel, settingOf } from './index-notes.ts';
import { checkInput, readInput } from './input-file.ts';
import { openSearch } from './open-search.ts';
import { say } from './print.ts';

/** What a person asks for: a picture, a vector or a picture of the index, and others that it is to be like, or not. */
export interface Asked extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'> {
  what: string;
  plus?: readonly string[];
  minus?: readonly string[];
  /** Of `what`. */
  region?: Region | undefined;
  /** Where the index is. */
  index: string;
}

/** A picture not to be like counts half: literature has less than for one to be like (Manning et al., chapter 9). */
const minusWeight = -0.5;

type Kind = 'vector' | 'picture' | 'id';

/**
 * The vector that a query searches by. A name is a file; if there is none, an id of the index, of which nothing is
 * extracted.
 *
 * @returns also the ids among the names, and what the first name is
 */
export async function queryVector(
  { what, plus = [], minus = [], region, ...options }: Asked,
  index: IndexStore,
): Promise<{ vector: Float32Array; ids: string[]; kind: Kind }> {
  const names = [what, ...plus, ...minus];
  const kinds: Kind[] = [];
  for (const name of names) kinds.push(await kindOf(name, index));
  if (region && kinds[0] !== 'picture') {
    throw new LikenessError(
      'bad-argument',
      `--region is for a picture, and ${what} is ${kinds[0] === 'id' ? 'known by its features; name its file' : 'a vector'}.`,
    );
  }
  const extracted = kinds.includes('picture') ? await extract(names, kinds, region, index, options) : [];
  const vectors: Float32Array[] = [];
  for (const [at, name] of names.entries()) {
    if (kinds[at] === 'picture') vectors.push(extracted[at]!);
    else vectors.push(await (kinds[at] === 'id' ? stored : readVector)(name, index, options.index));
  }
  const weights = names.map((_, at) => (at <= plus.length ? 1 : minusWeight));
  const vector = vectors.length === 1 ? vectors[0]! : rocchio(vectors, weights);
  return { vector, ids: names.filter((_, at) => kinds[at] === 'id'), kind: kinds[0]! };
}

async function kindOf(name: string, index: IndexStore): Promise<Kind> {
  if (!existsSync(name) && index.position(name) !== undefined) return 'id';
  await checkInput(name).catch((error: LikenessError) => {
    if (error.code !== 'not-found' || index.entries.length === 0) throw error;
    const message = `${error.message.replace(/[.]$/, '')}; nor is it the id of a picture in the index.`;
    throw new LikenessError(error.code, message, { cause: error });
  });
  return /\.npy$/i.test(name) ? 'vector' : 'picture';
}

/** The features of the pictures among the names, by their position. */
async function extract(
  names: readonly string[],
  kinds: readonly Kind[],
  region: Region | undefined,
  index: IndexStore,
  options: Omit<Asked, 'what'>,
): Promise<Float32Array[]> {
  const { model, manifest } = await modelHere(options.index, index);
  const other = otherModel(options.index, index, manifest);
  if (other) throw other;
  await using search = await openSearch({
    model,
    backend: options.backend,
    threads: options.threads,
    exif: options.exif ?? (index.info.parity ? 'ignore' : 'apply'),
  });
  const vectors: Float32Array[] = [];
  for (const [at, name] of names.entries()) {
    if (kinds[at] !== 'picture') continue;
    vectors[at] = await search
      .extract(resolve(name), { region: at === 0 ? region : undefined })
      .catch((error) => Promise.reject(names.length === 1 ? error : named(name, error)));
  }
  return vectors;
}

/** Which of several pictures an error is about. */
const named = (name: string, error: unknown): unknown =>
  error instanceof LikenessError && !error.message.includes(name)
    ? new LikenessError(error.code, `${name}: ${error.message}`, { cause: error })
    : error;

/** The features of a picture in the index. */
async function stored(id: string, index: IndexStore, where: string): Promise<Float32Array> {
  const vector = new Float32Array(index.info.dimension);
  await index.readRows([index.entries[index.position(id)!]!], vector);
  if (firstNotFinite(vector) < 0) return vector;
  throw new LikenessError('bad-file', `The features of ${id} in ${where} are no finite numbers.`);
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
