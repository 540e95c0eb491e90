import type { FileCache } from '../../src/static-index/kept-files.ts';

export interface ServedRequest {
  name: string;
  range: string | undefined;
  cache: RequestCache | undefined;
}

/** `fetch` of a static server, with what it was asked. */
export interface StaticServer {
  fetch: typeof fetch;
  asked: ServedRequest[];
}

export interface ServerOptions {
  /** Whether requests for ranges are answered so. */
  ranges?: boolean;
  /** May answer in its place: a response, or an error that is thrown. */
  instead?:
    | ((request: ServedRequest, plain: Response) => Response | Promise<Response> | Error | undefined)
    | undefined;
}

export const folder = 'https://site.example/blog/likeness/';

export function serve(files: ReadonlyMap<string, Uint8Array>, options: ServerOptions = {}): StaticServer {
  const server: StaticServer = {
    asked: [],
    fetch: async (input, init) => {
      init?.signal?.throwIfAborted();
      const name = String(input).slice(folder.length);
      const range = new Headers(init?.headers).get('range') ?? undefined;
      const request = { name, range, cache: init?.cache };
      server.asked.push(request);
      await new Promise((resolve) => setTimeout(resolve, 1));
      init?.signal?.throwIfAborted();
      const plain = answer(files.get(name), options.ranges === false ? undefined : range);
      const response = (await options.instead?.(request, plain)) ?? plain;
      if (response instanceof Error) throw response;
      return response;
    },
  };
  return server;
}

function answer(bytes: Uint8Array | undefined, range: string | undefined): Response {
  if (!bytes) return new Response('<!doctype html>', { status: 404 });
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return new Response(bytes as BodyInit);
  if (Number(from) >= bytes.length) return new Response(null, { status: 416 });
  const end = to === '' ? bytes.length : Math.min(Number(to) + 1, bytes.length);
  return new Response(bytes.slice(Number(from), end) as BodyInit, {
    status: 206,
    headers: { 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` },
  });
}

/** Cache Storage in memory, where there is none, and to look into. */
export class MemoryCaches {
  readonly kept = new Map<string, Map<string, Uint8Array>>();
  /** Refuses to keep more. */
  isFull = false;

  async open(name: string): Promise<FileCache> {
    const files = this.kept.get(name) ?? new Map<string, Uint8Array>();
    this.kept.set(name, files);
    const urlOf = (request: RequestInfo | URL): string => String((request as Request).url ?? request);
    return {
      match: async (request) => {
        const bytes = files.get(urlOf(request));
        return bytes && new Response(bytes.slice() as BodyInit);
      },
      put: async (request, response) => {
        if (this.isFull) throw new DOMException('full', 'QuotaExceededError');
        files.set(urlOf(request), new Uint8Array(await response.arrayBuffer()));
      },
      delete: async (request) => files.delete(urlOf(request)),
      keys: async () => [...files.keys()].map((url) => ({ url }) as Request),
    };
  }

  /** Names below the folder, sorted. */
  get names(): string[] {
    return [...this.files.keys()].map((url) => url.slice(folder.length)).sort();
  }

  get files(): Map<string, Uint8Array> {
    return this.kept.get(`likeness-site ${folder}`) ?? new Map();
  }
}
