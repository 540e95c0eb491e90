import { checkWhole, refuse, shown } from '../base/checks.ts';
import { classOf, isFloats } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type { Query } from '../engine/types.ts';
import type { Region } from '../image/crop.ts';
import type { ImageSource } from '../image/image-source.ts';
import { isImageData, isPixels } from '../image/kind.ts';
import { vectorOf } from './arguments.ts';

/** One of the pictures of a query, as it was at the call; of an image its holder makes a copy. */
export interface AskedPicture {
  weight: number;
  picture: { image: ImageSource; region: Region | undefined } | { vector: Float32Array } | { id: string };
}

const several =
  "a query of several pictures is a list of { image }, { vector } or { id }, each with a weight, e.g. [{ id: 'a' }, { image: file, weight: -0.5 }]";

/**
 * The pictures of a query. What an image is, is checked when it is read.
 *
 * @param region of the options
 * @throws LikenessError `bad-argument`
 */
export function picturesOf(query: Query, region?: Region): AskedPicture[] {
  const parts = partsOf(query);
  if (region !== undefined && (parts || isFloats(query))) {
    throw new LikenessError(
      'bad-argument',
      'The option region is for a query that is one picture; in a list each { image } has a region of its own.',
    );
  }
  if (!parts) {
    const picture = isFloats(query) ? { vector: vectorOf(query) } : { image: query as ImageSource, region };
    return [{ weight: 1, picture }];
  }
  const pictures = parts.map(pictureOf);
  if (pictures.some(({ weight }) => weight > 0)) return pictures;
  throw new LikenessError(
    'bad-argument',
    `The query has ${pictures.length === 0 ? 'no pictures' : 'no picture with a weight above 0'}; ${several}.`,
  );
}

/** `undefined` for what is one picture or vector by itself. */
function partsOf(query: unknown): unknown[] | undefined {
  if (classOf(query) === 'Float64Array') vectorOf(query);
  if (typeof query !== 'object' || query === null || ArrayBuffer.isView(query)) return undefined;
  if (Symbol.iterator in query) {
    const list = [...(query as Iterable<unknown>)];
    if (typeof list[0] === 'number') vectorOf(query);
    return list;
  }
  return isPart(query) ? [query] : undefined;
}

/** An object with names of ours; an `<img>` has an `id`, too. */
const isPart = (value: unknown): value is Record<string, unknown> =>
  classOf(value) === 'Object' &&
  !isPixels(value) &&
  !isImageData(value) &&
  ['image', 'id', 'vector'].some((name) => name in (value as object));

function pictureOf(part: unknown, at: number): AskedPicture {
  if (!isPart(part)) {
    throw new LikenessError('bad-argument', `Picture ${at} of the query is ${shown(part)}; ${several}.`);
  }
  const { weight = 1, image, vector, id, region } = part;
  if (typeof weight !== 'number' || !Number.isFinite(weight) || weight === 0) {
    refuse(`The weight of picture ${at} of the query`, weight, 'a finite number, not 0');
  }
  const given = [image, vector, id].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new LikenessError(
      'bad-argument',
      `Picture ${at} of the query has ${given.length === 0 ? 'none' : 'more than one'} of image, vector and id; ${several}.`,
    );
  }
  if (image !== undefined) {
    return { weight, picture: { image: image as ImageSource, region: regionOf(region) } };
  }
  if (region !== undefined) {
    refuse(`The region of picture ${at} of the query`, region, 'left out: it is for an { image }');
  }
  if (vector !== undefined) return { weight, picture: { vector: vectorOf(vector) } };
  if (typeof id !== 'string') refuse(`The id of picture ${at} of the query`, id, 'a string');
  return { weight, picture: { id } };
}

/**
 * A copy of a region. Whether it lies within its picture is seen when that is read.
 *
 * @throws LikenessError `bad-argument`
 */
export function regionOf(region: unknown): Region | undefined {
  if (region === undefined) return undefined;
  if (typeof region !== 'object' || region === null) {
    refuse('region', region, '{ x, y, width, height } in whole pixels');
  }
  const { x, y, width, height } = region as Region;
  for (const [name, value] of Object.entries({ x, y })) checkWhole(`region.${name}`, value, 0);
  for (const [name, value] of Object.entries({ width, height })) checkWhole(`region.${name}`, value, 1);
  return { x, y, width, height };
}
