import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename, resolve } from 'node:path';
import sirv, { type RequestHandler } from 'sirv';
import { LikenessError } from '../../errors.ts';
import { encodeNpyValues, npyHeader } from '../../knn/npy.ts';
import { packageRoot } from '../../platform/package-root.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { isModelFolder, modelOfIndex } from '../model-source.ts';
import { servedModels } from '../models.ts';
import { openIndexOf, settingOf } from '../open-index.ts';

export interface ServeOptions {
  index?: string;
  port: number;
  host: string;
  /** Send COOP and COEP, which give the page threads. */
  isolation: boolean;
}

/**
 * `likeness serve`: the page at `/`, the library and models it loads, and of an index its record, features, file and
 * pictures.
 * Resolves when the server listens.
 */
export async function serve(options: ServeOptions): Promise<{ url: string; close(): Promise<void> }> {
  const index = options.index === undefined ? undefined : await openIndexOf(options.index);
  const files: [prefix: string, handler: RequestHandler][] = [
    ...(index ? indexRoutes(options.index!, index) : noIndexRoutes),
    ...(await modelRoutes(
      index && options.index !== undefined ? { folder: options.index, index } : undefined,
    )),
    ['/dist/', sirv(resolve(packageRoot, 'dist'), { dev: true })],
  ];
  files.push(['/', sirv(resolve(packageRoot, 'dist/page'), { dev: true })]);

  const server = createServer((request, response) => {
    if (options.isolation) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    route(request, response, files);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(
        new LikenessError(
          'bad-argument',
          error.code === 'EADDRINUSE'
            ? `Port ${options.port} is in use; choose another with --port.`
            : `The server cannot listen on ${options.host}:${options.port}: ${error.message}`,
        ),
      ),
    );
    server.listen(options.port, options.host, listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://${options.host}:${port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Without an index the page is told so; a 404 would look like a fault in its console. */
const noIndexRoutes: [string, RequestHandler][] = [
  ['/index/index.json', (_, response) => sendJson(response, 'null')],
];

function sendJson(response: ServerResponse, json: string): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(json);
}

/** The models that there are, below `/models/`, and their list for the page. */
async function modelRoutes(
  served: { folder: string; index: IndexStore } | undefined,
): Promise<[string, RequestHandler][]> {
  const noted = served && settingOf(served.index, 'model');
  const source = served && noted !== undefined ? modelOfIndex(noted, served.folder) : undefined;
  const models = await servedModels(source !== undefined && isModelFolder(source) ? source : undefined);
  const list = models.map(({ path, fingerprint }) => ({ url: `models/${path}/`, fingerprint }));
  return [
    [
      '/models/index.json',
      (_, response) => {
        sendJson(response, JSON.stringify(list));
      },
    ],
    ...models.map(({ path, folder }): [string, RequestHandler] => [
      `/models/${path}/`,
      sirv(folder, { dev: true }),
    ]),
  ];
}

function indexRoutes(folder: string, index: IndexStore): [string, RequestHandler][] {
  const pictures = resolve(folder, settingOf(index, 'pictures') ?? '.');
  const known = new Set(index.entries.map(({ id }) => id));
  const servePicture = sirv(pictures, { dev: true, dotfiles: false });
  const summary = JSON.stringify({
    title: basename(pictures),
    model: index.info.model,
    dimension: index.info.dimension,
    count: index.entries.length,
    ids: [...known],
  });
  const serveFile = sirv(resolve(folder), { dev: true });
  return [
    [
      '/index/',
      (request, response, next) => {
        if (request.url === '/index.json') sendJson(response, summary);
        else if (request.url === '/features.npy') void sendFeatures(response, index);
        else if (request.url === '/index.likeness') {
          request.url = `/${index.fileName}`;
          serveFile(request, response, next);
        } else next?.();
      },
    ],
    [
      '/pictures/',
      // Only what the index names: the folder may hold more than its owner means to show.
      (request, response, next) => {
        if (known.has(decodePath(request.url ?? '').slice(1))) servePicture(request, response, next);
        else next?.();
      },
    ],
  ];
}

async function sendFeatures(response: ServerResponse, index: IndexStore): Promise<void> {
  const { entries, info } = index;
  response.setHeader('Content-Type', 'application/octet-stream');
  try {
    response.write(npyHeader([entries.length, info.dimension]));
    for await (const { values } of index.rows()) {
      if (!response.write(encodeNpyValues(values))) {
        await new Promise((drained) => response.once('drain', drained).once('close', drained));
      }
    }
    response.end();
  } catch (error) {
    // The page sees a body that breaks off.
    console.error(`likeness: ${(error as Error).message}`);
    response.destroy();
  }
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.split('?', 1)[0]!);
  } catch {
    return '';
  }
}

function route(request: IncomingMessage, response: ServerResponse, files: [string, RequestHandler][]): void {
  const url = request.url ?? '/';
  const match = files.find(([prefix]) => url.startsWith(prefix));
  const notFound = (): void => {
    response.statusCode = 404;
    response.end('Not found');
  };
  if (!match || !['GET', 'HEAD'].includes(request.method ?? '')) {
    notFound();
    return;
  }
  const [prefix, handler] = match;
  request.url = url.slice(prefix.length - 1);
  handler(request, response, notFound);
}
