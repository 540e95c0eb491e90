import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename, resolve } from 'node:path';
import sirv, { type RequestHandler } from 'sirv';
import { LikenessError } from '../../errors.ts';
import { packageRoot } from '../../platform/package-root.ts';
import { featuresFile, type IndexRecord } from '../../store/index-folder.ts';
import { isModelFolder, modelOfIndex } from '../model-source.ts';
import { servedModels } from '../models.ts';
import { openIndexFolder } from './query.ts';

export interface ServeOptions {
  index?: string;
  port: number;
  host: string;
  /** Send COOP and COEP, which give the page threads. */
  isolation: boolean;
}

/**
 * `likeness serve`: the page at `/`, the library and models it loads, and of an index its record, features and pictures.
 * Resolves when the server listens.
 */
export async function serve(options: ServeOptions): Promise<{ url: string; close(): Promise<void> }> {
  const record = options.index === undefined ? undefined : (await openIndexFolder(options.index)).record;
  const files: [prefix: string, handler: RequestHandler][] = [
    ...(record ? indexRoutes(options.index!, record) : noIndexRoutes),
    ...(await modelRoutes(
      record && options.index !== undefined ? { folder: options.index, record } : undefined,
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
  index: { folder: string; record: IndexRecord } | undefined,
): Promise<[string, RequestHandler][]> {
  const source = index && modelOfIndex(index.record.model.source, index.folder);
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

function indexRoutes(folder: string, record: IndexRecord): [string, RequestHandler][] {
  const pictures = resolve(folder, record.pictures);
  const known = new Set(record.ids);
  const servePicture = sirv(pictures, { dev: true, dotfiles: false });
  const summary = JSON.stringify({
    title: basename(pictures),
    model: record.model,
    dimension: record.dimension,
    count: record.count,
    ids: record.ids,
  });
  const features = sirv(resolve(folder), { dev: true });
  return [
    [
      '/index/',
      (request, response, next) => {
        if (request.url === '/index.json') {
          sendJson(response, summary);
        } else if (request.url === `/${featuresFile}`) features(request, response, next);
        else next?.();
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
