import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, join, resolve } from 'node:path';
import { packagePath } from '../../assets/package-root.node.ts';
import { cacheFolder } from '../../delivery/cache.folder.node.ts';
import type { Manifest } from '../../network/manifest.ts';
import { encodeNpyValues, npyHeader } from '../../python/npy.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { otherModel, settingOf } from '../index-notes.ts';
import { isModelUrl, modelOfIndex } from '../model-name.ts';
import { servedModels } from '../models.ts';
import { say } from '../print.ts';
import { limit } from './limit.ts';
import { pictureRoutes } from './picture-routes.ts';
import { sendBody, sendText } from './send-body.ts';
import { findFile, sendFile } from './send-file.ts';
import { isCurrent, sendJson } from './send-versioned.ts';
import { readSizes } from './sizes.ts';
import { smallHeights } from './small/sizes.ts';

/** Answers a request for a path, given as its decoded parts; resolves to false when there is nothing there. */
export type Route = (path: string[], request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface Site {
  answer: Route;
  /** The Content-Security-Policy of the page and its scripts. */
  pagePolicy: string;
}

/** An index, and where it is. */
interface ServedIndex {
  where: string;
  store: IndexStore;
  /** Whether its file can be sent as it is; of a damaged index `store` is sent. Default true. */
  isWhole?: boolean;
}

export interface SiteOptions {
  /** An opened index and the name it was opened by. */
  index?: ServedIndex | undefined;
  /** Pictures and models may be reached by links that lead out of their folders. */
  followLinks?: boolean | undefined;
}

/** Features are read from the index for each request: at most so many at once. */
const featureReaders = 4;

/**
 * What `likeness serve` serves, and nothing else: the page, its library, the files that models' manifests name, and an
 * index's list, features, file and pictures.
 */
export async function createSite({ index, followLinks = false }: SiteOptions): Promise<Site> {
  const dist = packagePath('dist');
  const page = join(dist, 'page');
  const routes: Record<string, Route> = {
    dist: (path, ...exchange) => sendBelow(dist, path, ...exchange),
    samples: (path, ...exchange) => sendBelow(join(page, 'samples'), path, ...exchange),
    models: await modelRoute(index, followLinks),
    index: index ? indexRoute(index, followLinks) : noIndexRoute,
    ...(index && pictureRoutes(index, followLinks)),
  };
  return {
    answer: (path, ...exchange) => {
      const [first = '', ...rest] = path;
      if (rest.length > 0)
        return Object.hasOwn(routes, first) ? routes[first]!(rest, ...exchange) : nothing();
      return sendBelow(page, [first === '' ? 'index.html' : first], ...exchange);
    },
    pagePolicy: policyOf(join(page, 'index.html')),
  };
}

/** Beside an API alone there is one line for who comes by a browser. */
export const emptySite: Site = {
  async answer(path, _, response) {
    if (path.join('/') !== '') return false;
    sendText(response, 200, 'The search API of Likeness: GET /api/health says what it answers from.\n');
    return true;
  },
  pagePolicy: "default-src 'none'",
};

const nothing = async (): Promise<boolean> => false;

/** The page's own policy. As a header it holds for its workers, too. */
function policyOf(page: string): string {
  const html = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const [, policy = "default-src 'none'"] =
    /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html) ?? [];
  return policy;
}

/** A part of a path that names a file or folder, and is not hidden. */
const isPlain = (part: string): boolean => part !== '' && !part.startsWith('.') && !/[/\\\0]/.test(part);

/** A file of this package. */
async function sendBelow(
  folder: string,
  path: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (!path.every(isPlain)) return false;
  const found = await findFile(join(folder, ...path), folder);
  return found?.inside === true && sendFile(request, response, found.real);
}

const noIndexRoute: Route = async (path, _, response) => {
  // A 404 would look like a fault in the page's console.
  if (path.join('/') !== 'index.json') return false;
  sendText(response, 200, 'null', 'application/json');
  return true;
};

function indexRoute({ where, store, isWhole = true }: ServedIndex, followLinks: boolean): Route {
  const pictures = resolve(where, settingOf(store, 'pictures') ?? '.');
  const ids = store.entries.map(({ id }) => id);
  const sizes = readSizes(pictures, ids, followLinks);
  const summary = {
    title: basename(pictures),
    model: store.info.model,
    dimension: store.info.dimension,
    count: store.entries.length,
    ids,
    small: smallHeights,
  };
  const oneOfFew = limit(featureReaders);
  return async (path, request, response) => {
    switch (path.join('/')) {
      case 'index.json':
        sendJson(
          request,
          response,
          JSON.stringify({ ...summary, version: versionOf(store).slice(1, -1), sizes: await sizes() }),
        );
        return true;
      case 'features.npy':
        if (isCurrent(request, response, { tag: versionOf(store) })) return true;
        await oneOfFew(() => sendFeatures(request, response, store));
        return true;
      case 'index.likeness': {
        if (!isWhole) {
          await oneOfFew(() => sendMade(request, response, store.exported()));
          return true;
        }
        // The index is a folder's newest file, or one that was exported.
        const places = [join(where, store.fileName), where];
        for (const place of places) {
          const found = await findFile(place, place);
          if (found) return sendFile(request, response, found.real);
        }
        return false;
      }
      default:
        return false;
    }
  };
}

/** Of an index's rows: each commit makes another one, and so does what was left out as damaged. */
const versionOf = ({ identity, fileName, sequence, entries }: IndexStore): string =>
  `"${[identity, fileName, sequence, entries.length].join('-')}"`;

async function sendFeatures(
  request: IncomingMessage,
  response: ServerResponse,
  store: IndexStore,
): Promise<void> {
  const { entries, info } = store;
  const header = npyHeader([entries.length, info.dimension]);
  const byteLength = header.length + entries.length * info.dimension * 4;
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield header;
    for await (const { values } of store.rows()) yield encodeNpyValues(values);
  }
  await sendMade(request, response, { byteLength, parts: parts() });
}

/** Sends bytes that are in no file. */
async function sendMade(
  request: IncomingMessage,
  response: ServerResponse,
  { byteLength, parts }: { byteLength: number; parts: AsyncIterable<Uint8Array> },
): Promise<void> {
  if (response.destroyed) return; // the receiver has gone
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Content-Length', byteLength);
  if (request.method === 'HEAD') response.end();
  else await sendBody(response, parts, byteLength);
}

/** The models that there are, and their list for the page. */
async function modelRoute(index: SiteOptions['index'], followLinks: boolean): Promise<Route> {
  const noted = index && settingOf(index.store, 'model');
  const source = index && noted !== undefined ? modelOfIndex(noted, index.where) : undefined;
  const models = await servedModels(source);
  if (index && !models.some(({ manifest }) => manifest.fingerprint === index.store.info.model.fingerprint)) {
    sayOtherModel(
      index,
      source,
      models.map(({ manifest }) => manifest),
    );
  }
  const list = JSON.stringify(
    models.map(({ path, manifest }) => ({ url: `models/${path}/`, fingerprint: manifest.fingerprint })),
  );
  return async (path, request, response) => {
    const [first, file = ''] = path;
    if (path.length === 1 && first === 'index.json') {
      sendJson(request, response, list);
      return true;
    }
    const model = models.find((each) => each.path === first);
    const place = path.length === 2 && isPlain(file) ? await model?.find(file) : undefined;
    if (place === undefined) return false;
    if (typeof place === 'string') {
      sendJson(request, response, place);
      return true;
    }
    const found = await findFile(join(place.folder, place.name), place.folder);
    return found !== undefined && (found.inside || followLinks) && sendFile(request, response, found.real);
  };
}

/** The page cannot use the index's features: it has another version of their model, or none. */
function sayOtherModel(
  { where, store }: ServedIndex,
  source: string | undefined,
  models: readonly Manifest[],
): void {
  const { model } = store.info;
  const here = models.find(({ name }) => name === model.name) ?? models[0];
  const other = here && otherModel(where, store, here);
  let what = `The model that made the index in ${where}, ${model.fingerprint}, is not here.`;
  if (source !== undefined && isModelUrl(source)) {
    what = `The model that made the index in ${where} is at ${source}, and not all of it is in ${cacheFolder()}. Any query fetches it: likeness query <picture> -i ${where}.`;
  } else if (other) what = other.message;
  say(`${what} Until then the page has to index the pictures itself.`);
}
