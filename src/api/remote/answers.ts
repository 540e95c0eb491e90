import type { Json } from '../../base/json.ts';
import { saying } from '../../engine/hits.ts';
import type { Hit, Hits, Recall } from '../../engine/types.ts';
import type { Http } from './http.ts';

/** What a server says of itself. */
export interface Health {
  engine: string;
  size: number;
  dims: number;
  fingerprint: string | null;
  model: { name: string; version: string | null; url: string | null } | null;
  exact: boolean;
  recall: Recall | null;
  staleMs: number;
  limits: { page: number; bodyBytes: number };
  writable: boolean;
}

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';
const textOrNull = (value: unknown): string | null => (isText(value) ? value : null);
/** A limit that is not told, or is none. */
const limitOf = (value: unknown, usual: number): number => (isCount(value) && value > 0 ? value : usual);

/** @throws LikenessError `server-failed`, as all of these */
export async function readHealth(http: Http, signal?: AbortSignal): Promise<Health> {
  const json = await http.ask({ path: 'health', signal });
  if (
    !isObject(json) ||
    json.status !== 'ok' ||
    !isCount(json.size) ||
    !isCount(json.dims) ||
    json.dims === 0
  ) {
    throw http.wrong('answered no health');
  }
  const { engine, size, dims, fingerprint, model, exact, staleMs, limits, writable } = json;
  const { page, bodyBytes } = isObject(limits) ? limits : {};
  return {
    engine: isText(engine) ? engine : 'unknown',
    size,
    dims,
    fingerprint: textOrNull(fingerprint),
    model:
      isObject(model) && isText(model.name)
        ? { name: model.name, version: textOrNull(model.version), url: textOrNull(model.url) }
        : null,
    exact: exact === true,
    recall: recallOf(json.recall),
    staleMs: isCount(staleMs) ? staleMs : 0,
    limits: { page: limitOf(page, 1000), bodyBytes: limitOf(bodyBytes, 1 << 20) },
    writable: writable !== false,
  };
}

function recallOf(recall: unknown): Recall | null {
  if (!isObject(recall)) return null;
  const { value, k, queries } = recall;
  return typeof value === 'number' && isCount(k) && isCount(queries) ? { value, k, queries } : null;
}

const metaOf = ({ meta }: Members): { meta?: Json } => (meta === undefined ? {} : { meta: meta as Json });

/** The hits of an answer, and how many pictures there are. */
export function hitsOf(http: Http, json: unknown): { hits: Hits; size: number | undefined } {
  const { hits, exact, recall, size } = isObject(json) ? json : ({} as Members);
  if (!Array.isArray(hits) || typeof exact !== 'boolean') throw http.wrong('answered no hits');
  const list = hits.map((hit: unknown): Hit => {
    if (isObject(hit) && isText(hit.id) && Number.isFinite(hit.distance)) {
      return { id: hit.id, distance: hit.distance as number, ...metaOf(hit) };
    }
    throw http.wrong('answered a hit without an id or a distance');
  });
  return {
    hits: saying(list, exact, exact ? null : recallOf(recall)),
    size: isCount(size) ? size : undefined,
  };
}

export function entriesOf(
  http: Http,
  json: unknown,
): { entries: { id: string; meta?: Json }[]; total: number } {
  const { entries, total } = isObject(json) ? json : ({} as Members);
  if (!Array.isArray(entries) || !isCount(total)) throw http.wrong('answered no entries');
  const list = entries.map((entry: unknown) => {
    if (isObject(entry) && isText(entry.id)) return { id: entry.id, ...metaOf(entry) };
    throw http.wrong('answered an entry without an id');
  });
  return { entries: list, total };
}

/** Counts by their names. */
export function countsOf<Name extends string>(
  http: Http,
  json: unknown,
  ...names: Name[]
): Record<Name, number> {
  const isRight = isObject(json) && names.every((name) => isCount(json[name]));
  if (!isRight) throw http.wrong(`answered without ${names.join(' and ')}`);
  return json as Record<Name, number>;
}
