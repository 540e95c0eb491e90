import { checkQuery } from '../api/arguments.ts';
import { checkWhole, shown } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type { EntriesOptions, VectorQueryOptions } from '../engine/vector-engine.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';
import { parseJson } from './body.ts';
import { HttpError } from './http-error.ts';
import type { Limits } from './limits.ts';

/** What is searched by: one vector, stored rows that make one query, both with weights, or an encoded picture. */
export type Asked =
  | { vector: Float32Array }
  | { ids: string[] }
  | { pictures: WeightedPicture[] }
  | { picture: Uint8Array<ArrayBuffer> };

/** A picture of a query: a stored row, or a vector. */
export type WeightedPicture = ({ id: string } | { vector: Float32Array }) & { weight: number };

export interface QueryInput {
  asked: Asked;
  options: VectorQueryOptions;
}

const optionNames = ['k', 'offset', 'maxDistance', 'filter', 'exclude'];

/**
 * A query by its body and address.
 *
 * @param extracts whether pictures are taken
 * @throws HttpError 400, 415, 422; LikenessError `bad-argument`
 */
export function readQuery(
  type: string,
  url: URL,
  bytes: Uint8Array<ArrayBuffer>,
  dims: number,
  extracts: boolean,
  limits: Limits,
): QueryInput {
  const media = type.split(';', 1)[0]!.trim().toLowerCase();
  if (media === 'application/json') {
    refuseParameters(url, []);
    const { vector, ids, pictures, ...options } = parseJson(bytes);
    const [unknown] = Object.keys(options).filter((name) => !optionNames.includes(name));
    if (unknown !== undefined) {
      const names = ['vector', 'ids', 'pictures', ...optionNames].join(', ');
      throw new HttpError(
        422,
        'bad-argument',
        `The query has ${shown(unknown)}; what is known is: ${names}.`,
      );
    }
    const given = [vector, ids, pictures].filter((value) => value !== undefined);
    if (given.length !== 1) {
      throw new HttpError(
        422,
        'bad-argument',
        `A query has either "vector", "ids" or "pictures"; send one of them. This has ${given.length}.`,
      );
    }
    let asked: Asked;
    if (vector !== undefined) asked = { vector: vectorOf(vector, 'vector', dims) };
    else if (ids !== undefined) asked = { ids: idsOf(ids, limits) };
    else asked = { pictures: picturesOf(pictures, dims, limits) };
    return { asked, options: checkOptions(options, limits) };
  }
  const options = checkOptions(optionsOfUrl(url), limits);
  if (media === 'application/octet-stream') return { asked: { vector: floatsOf(bytes, dims) }, options };
  if (media.startsWith('image/') && extracts) return { asked: { picture: bytes }, options };
  const came = media === '' ? 'no Content-Type' : `Content-Type ${shown(media)}`;
  const wanted = `application/octet-stream (${dims} float32 values, little-endian)`;
  const pictures = media.startsWith('image/')
    ? 'This server takes no pictures: extract the vector where the picture is, or start the server with --extract.'
    : `Pictures (image/*) are ${extracts ? 'taken, too' : 'taken where the server was started with --extract'}.`;
  throw new HttpError(
    415,
    'wrong-type',
    `The query came with ${came}; wanted is ${wanted} or application/json. ${pictures}`,
  );
}

/** @throws LikenessError `bad-argument` */
export function checkOptions(options: Record<string, unknown>, limits: Limits): VectorQueryOptions {
  const { offset = 0, maxDistance, filter, exclude } = options;
  const { k = usualK(offset, limits) } = options;
  const checked = checkQuery({ k, offset, maxDistance, filter, exclude } as Parameters<typeof checkQuery>[0]);
  if (checked.k > limits.k) {
    throw new LikenessError('bad-argument', `k is ${checked.k}; this server gives up to ${limits.k}.`);
  }
  if (checked.k + checked.offset! > limits.depth) {
    throw new LikenessError(
      'bad-argument',
      `k + offset is ${checked.k + checked.offset!}; this server goes up to ${limits.depth}.`,
    );
  }
  const { predicate: _, ...rest } = checked;
  return rest;
}

/** How many pictures a query gives that does not say it: no more than it may ask for. */
function usualK(offset: unknown, { k, depth }: Limits): number {
  const left = typeof offset === 'number' ? depth - offset : depth;
  return Math.max(1, Math.min(30, k, Number.isInteger(left) ? left : k));
}

/** A page of entries. @throws LikenessError `bad-argument` */
export function checkPage(
  options: Record<string, unknown>,
  { page }: Limits,
): EntriesOptions & { limit: number } {
  const { offset = 0, limit = Math.min(100, page), filter } = options;
  checkWhole('offset', offset, 0);
  checkWhole('limit', limit, 1, page);
  const checked = checkQuery({ filter } as Parameters<typeof checkQuery>[0]);
  return { offset: offset as number, limit: limit as number, filter: checked.filter };
}

/** The options in an address, with the types that JSON has. @throws HttpError 400 */
export function optionsOfUrl(url: URL, names: readonly string[] = optionNames): Record<string, unknown> {
  refuseParameters(url, names);
  const options: Record<string, unknown> = {};
  for (const name of names) {
    const [text, second] = url.searchParams.getAll(name);
    if (text === undefined) continue;
    if (name === 'exclude') options[name] = url.searchParams.getAll(name);
    else if (second !== undefined) {
      throw new HttpError(400, 'malformed', `The address has "${name}" more than once; send it once.`);
    } else if (name === 'filter') options[name] = filterOf(text);
    else {
      const value = /^\d+([.]\d+)?(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(value)) {
        throw new HttpError(422, 'bad-argument', `${name} is ${shown(text)}; it has to be a number from 0.`);
      }
      options[name] = value;
    }
  }
  return options;
}

function filterOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const example = '["a", "b"] or {"meta":{"colour":"red"}}';
    throw new HttpError(400, 'malformed', `filter is ${shown(text)}; it has to be JSON, e.g. ${example}.`);
  }
}

/** A name that was written wrong must not be passed over in silence. */
function refuseParameters(url: URL, known: readonly string[]): void {
  for (const name of url.searchParams.keys()) {
    if (known.includes(name)) continue;
    const wanted =
      known.length > 0 ? `what is known is: ${known.join(', ')}` : 'with JSON they are in the body';
    throw new HttpError(400, 'malformed', `The address has the option ${shown(name)}; ${wanted}.`);
  }
}

/** @throws HttpError 422 */
function floatsOf(bytes: Uint8Array<ArrayBuffer>, dims: number): Float32Array {
  if (bytes.length !== 4 * dims) {
    throw new HttpError(
      422,
      'bad-argument',
      `The vector has ${bytes.length} bytes; it has to be ${dims} float32 values, ${4 * dims} bytes.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const vector = Float32Array.from({ length: dims }, (_, j) => view.getFloat32(4 * j, true));
  return checkFinite(vector, 'The vector');
}

/** @throws HttpError 422 */
export function vectorOf(value: unknown, name: string, dims: number): Float32Array {
  if (!Array.isArray(value)) {
    throw new HttpError(
      422,
      'bad-argument',
      `${name} is ${shown(value)}; it has to be a list of ${dims} numbers.`,
    );
  }
  if (value.length !== dims) {
    throw new HttpError(422, 'bad-argument', `${name} has ${value.length} values; this index has ${dims}.`);
  }
  const wrong = value.findIndex((item) => typeof item !== 'number');
  if (wrong >= 0) {
    throw new HttpError(
      422,
      'bad-argument',
      `${name}[${wrong}] is ${shown(value[wrong])}; it has to be a number.`,
    );
  }
  return checkFinite(Float32Array.from(value as number[]), name);
}

function checkFinite(vector: Float32Array, name: string): Float32Array {
  const at = firstNotFinite(vector);
  if (at < 0) return vector;
  throw new HttpError(
    422,
    'bad-argument',
    `${name}[${at}] is ${vector[at]} as float32; all values have to be finite.`,
  );
}

/** @throws HttpError 422 */
function idsOf(value: unknown, { ids: most }: Limits): string[] {
  const isRight = Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'string');
  if (!isRight) throw new HttpError(422, 'bad-argument', 'ids has to be a list of ids, e.g. ["a.jpg"].');
  if (value.length <= most) return value as string[];
  throw new HttpError(422, 'bad-argument', `ids has ${value.length} ids; a query may have up to ${most}.`);
}

/** @throws HttpError 422 */
function picturesOf(value: unknown, dims: number, { ids: most }: Limits): WeightedPicture[] {
  const refuse = (message: string): never => {
    throw new HttpError(422, 'bad-argument', message);
  };
  const example = '[{ "id": "a.jpg" }, { "vector": […], "weight": -0.5 }]';
  if (!Array.isArray(value) || value.length === 0)
    return refuse(`pictures has to be a list, e.g. ${example}.`);
  if (value.length > most) {
    return refuse(`pictures has ${value.length} pictures; a query may have up to ${most}.`);
  }
  const list = value.map((picture: unknown, at): WeightedPicture => {
    const name = `pictures[${at}]`;
    if (typeof picture !== 'object' || picture === null || Array.isArray(picture)) {
      return refuse(`${name} is ${shown(picture)}; it has to be like one of ${example}.`);
    }
    const { id, vector, weight = 1, ...rest } = picture as Record<string, unknown>;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) {
      return refuse(`${name} has ${shown(unknown)}; what is known is: id, vector, weight.`);
    }
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight === 0) {
      return refuse(`${name}.weight is ${shown(weight)}; it has to be a finite number, not 0.`);
    }
    if ((id === undefined) === (vector === undefined)) {
      return refuse(`${name} has either "id" or "vector"; send one of the two.`);
    }
    if (vector !== undefined) return { vector: vectorOf(vector, `${name}.vector`, dims), weight };
    return typeof id === 'string'
      ? { id, weight }
      : refuse(`${name}.id is ${shown(id)}; it has to be a string.`);
  });
  if (list.some(({ weight }) => weight > 0)) return list;
  return refuse('pictures has none with a weight above 0; what is searched for needs one.');
}
