import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root } from './cli.ts';

/** What is done to a realm, the page's and the worker's, before the library is loaded there. */
export type Prelude = string;

/** A site whose pages have the built library, and something taken away from them. */
export interface BlockedSite {
  /** The page's URL of a case. */
  page(name: string): string;
  port: number;
  close(): Promise<void>;
}

export interface Case {
  /** JavaScript that runs before all else in page and worker. */
  prelude?: Prelude;
  /** Headers of all answers. */
  headers?: Record<string, string>;
  /** The page has the case's library in a frame of this sandbox: `allow-scripts`. */
  sandbox?: string;
  /** The worker's script comes without those headers. */
  withoutWorker?: boolean;
}

const script = (text: string): string => `<script type="module">${text}</script>`;

/**
 * Serves the checkout under a path for each case: `/<case>/dist/…`. There the worker's script is one that runs the
 * prelude and then is the library's own.
 */
export async function startBlockedSite(cases: Record<string, Case>): Promise<BlockedSite> {
  const tree = await serveTree(root, {});
  const fromTree = async (path: string, request: IncomingMessage): Promise<Response> =>
    fetch(tree.origin + path, {
      headers: request.headers.range === undefined ? {} : { range: request.headers.range },
    });
  const server = createServer(async (request, response) => {
    const [, name = '', rest = ''] =
      /^\/([^/]+)\/(.*)$/.exec(new URL(request.url!, 'http://x').pathname) ?? [];
    const { prelude = '', sandbox, withoutWorker = false, ...given } = cases[name] ?? {};
    const headers = withoutWorker && rest === 'dist/web/likeness-worker.js' ? {} : (given.headers ?? {});
    const answer = (type: string, text: string): void => {
      response.writeHead(200, { 'Content-Type': type, ...headers }).end(text);
    };
    const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${name}</title>`;
    if (rest === 'page.html') {
      const frame = `<iframe sandbox="${sandbox}" src="inner.html"></iframe>`;
      answer(
        'text/html',
        page + (sandbox ? frame : script(`import './prelude.js'; globalThis.ready = true;`)),
      );
    } else if (rest === 'inner.html') {
      answer('text/html', page + script(`import './prelude.js'; globalThis.ready = true;`));
    } else if (rest === 'prelude.js') answer('text/javascript', prelude);
    else if (rest === 'dist/web/likeness-worker.js') {
      answer('text/javascript', `import '../../prelude.js'; import './worker-itself.js';`);
    } else {
      const from = await fromTree(`/${rest.replace('worker-itself.js', 'likeness-worker.js')}`, request);
      response.writeHead(from.status, {
        'Content-Type': from.headers.get('content-type') ?? 'application/octet-stream',
        ...headers,
      });
      response.end(Buffer.from(await from.arrayBuffer()));
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    page: (name) => `http://127.0.0.1:${port}/${name}/page.html`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await tree.close();
    },
  };
}
