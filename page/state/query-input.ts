import { type Hit, type ImageSource, LikenessError, type QueryPart } from 'likeness-search';
import type { AskedPart } from './address.ts';
import { findAskedFile } from './asked-files.ts';
import type { Answering } from './first-answers.ts';
import { imageOf, pictures } from './pictures.ts';
import { Contradiction, FileGone, NotThere, OnlyUnlike, OriginalGone, UnreadPart } from './query-errors.ts';
import { partKey } from './query-parts.ts';
import { running } from './tasks.ts';

/** A query as the library takes it. */
export interface Parts {
  query: QueryPart[];
  /** The query's own pictures. */
  exclude: string[];
}

/** A picture of the query is on its way into the index. */
export class NotReady extends Error {}

/** Half as much as what a picture is to be like; literature has less (Manning et al., chapter 9), people see too little of that. */
const unlikeWeight = -0.5;

/** Features of files and regions, so that the next page extracts nothing. */
const vectors = new Map<string, Float32Array>();
const maxVectors = 50;

/** Another model has others. */
export const forgetVectors = (): void => vectors.clear();

async function vectorOf(
  part: AskedPart,
  image: ImageSource,
  library: Pick<Answering, 'has' | 'extract'>,
  signal: AbortSignal,
): Promise<Float32Array> {
  const key = partKey(part);
  let vector = vectors.get(key);
  if (!vector) {
    try {
      vector = await library.extract(image, { signal, ...(part.region ? { region: part.region } : {}) });
    } catch (error) {
      signal.throwIfAborted();
      throw new UnreadPart(part, error);
    }
    const [oldest] = vectors.keys();
    if (vectors.size >= maxVectors) vectors.delete(oldest!);
    vectors.set(key, vector);
  }
  return vector;
}

async function partOf(
  part: AskedPart,
  library: Pick<Answering, 'has' | 'extract'>,
  signal: AbortSignal,
  isSure: boolean,
): Promise<QueryPart> {
  const weight = part.weight > 0 ? 1 : unlikeWeight;
  if ('file' in part) {
    const asked = await findAskedFile(part.file);
    if (!asked) throw new FileGone();
    return { vector: await vectorOf(part, asked.file, library, signal), weight };
  }
  const { id, region } = part;
  const picture = pictures.value.get(id);
  // All of a picture is in the index; a part of it is read from the picture.
  if (!region && ((!isSure && picture?.indexed) || (await library.has(id)))) return { id, weight };
  const image = picture && imageOf(picture);
  if (image) return { vector: await vectorOf(part, image, library, signal), weight };
  if (running.value) throw new NotReady();
  throw picture || (await library.has(id)) ? new OriginalGone(id) : new NotThere(id);
}

/**
 * Makes a query of the address's one; extracts what the index does not have.
 *
 * @param isSure asks the index whether it has a picture, also where the page knows it: another tab may have taken it out
 */
export async function partsOf(
  query: readonly AskedPart[],
  library: Pick<Answering, 'has' | 'extract'>,
  signal: AbortSignal,
  isSure = true,
): Promise<Parts> {
  if (query.every(({ weight }) => weight < 0)) throw new OnlyUnlike();
  const signs = new Map<string, number>();
  for (const part of query) {
    const key = partKey(part);
    if ((signs.get(key) ?? part.weight) !== part.weight) throw new Contradiction();
    signs.set(key, part.weight);
  }
  const made: QueryPart[] = [];
  for (const part of query) made.push(await partOf(part, library, signal, isSure));
  return { query: made, exclude: query.flatMap((part) => ('id' in part ? [part.id] : [])) };
}

/** Asks at once for pictures that the page has as indexed; where the index has them no more, as one that looks first. */
export async function firstHits(
  query: readonly AskedPart[],
  library: Answering,
  options: { filter?: string[]; k: number; signal: AbortSignal },
): Promise<{ parts: Parts; hits: readonly Hit[] }> {
  const ask = async (parts: Parts) => ({
    parts,
    hits: await library.query(parts.query, { ...options, exclude: parts.exclude }),
  });
  try {
    return await ask(await partsOf(query, library, options.signal, false));
  } catch (error) {
    if (!(error instanceof LikenessError && error.code === 'not-found')) throw error;
    return await ask(await partsOf(query, library, options.signal));
  }
}
