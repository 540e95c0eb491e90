import type { EngineQuery, EngineQueryOptions } from '../../engine/call-types.ts';
import { rocchio } from '../../engine/rocchio.ts';
import type { ServerRequest } from './http.ts';

/** What a server is asked about; it knows the vectors of ids. */
export type Asked =
  | { vector: Float32Array }
  | { ids: string[] }
  | { pictures: ({ id: string; weight: number } | { vector: number[]; weight: number })[] };

/** What goes along in a URL; what is longer goes in the body: servers and proxies take URLs of some kB. */
export const urlCharacters = 1500;

/**
 * One query of a server. Where all vectors are known here, they become one vector here; else the server puts the query
 * together, by the same formula.
 *
 * @param vectors of the pictures that are no ids
 * @param name the query's in messages
 * @throws LikenessError `bad-argument`
 */
export function askedOf(
  pictures: readonly EngineQuery<unknown>[],
  vectors: readonly (Float32Array | undefined)[],
  weights: readonly number[],
  name: string,
): Asked {
  const ids = pictures.flatMap((picture) => ('id' in picture ? [picture.id] : []));
  if (ids.length === 0) {
    const all = vectors as readonly Float32Array[];
    return { vector: all.length === 1 ? all[0]! : rocchio(all, weights, name) };
  }
  const isPlain = ids.length === pictures.length && weights.every((weight) => weight === weights[0]);
  if (isPlain) return { ids };
  return {
    pictures: pictures.map((picture, at) => {
      const weight = weights[at]!;
      return 'id' in picture ? { id: picture.id, weight } : { vector: Array.from(vectors[at]!), weight };
    }),
  };
}

/** The request: a vector as float32 bytes, little-endian, where its options fit into the URL; else JSON. */
export function queryRequest(
  asked: Asked,
  { k, isUsualK, offset, maxDistance, exclude, filter }: EngineQueryOptions,
): Pick<ServerRequest, 'body' | 'parameters'> {
  const options = {
    ...(!isUsualK && { k }),
    ...(offset && { offset }),
    // JSON has no infinity, and it leaves nothing out.
    ...(maxDistance !== undefined && Number.isFinite(maxDistance) && { maxDistance }),
    ...(exclude && exclude.length > 0 && { exclude }),
    ...(filter && { filter }),
  };
  if ('vector' in asked) {
    const parameters = new URLSearchParams();
    for (const [option, value] of Object.entries(options)) {
      if (option === 'exclude') for (const id of exclude!) parameters.append(option, id);
      else parameters.append(option, typeof value === 'object' ? JSON.stringify(value) : `${value}`);
    }
    const isWhole = !exclude?.some((id) => /\p{Surrogate}/u.test(id));
    if (isWhole && parameters.toString().length <= urlCharacters) {
      return { parameters, body: { type: 'application/octet-stream', content: littleEndian(asked.vector) } };
    }
  }
  const what = 'vector' in asked ? { vector: Array.from(asked.vector) } : asked;
  return { body: { type: 'application/json', content: JSON.stringify({ ...what, ...options }) } };
}

function littleEndian(vector: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [at, value] of vector.entries()) view.setFloat32(at * 4, value, true);
  return new Uint8Array(view.buffer);
}
