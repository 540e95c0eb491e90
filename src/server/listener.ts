import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApi } from './api.ts';
import type { ApiOptions } from './options.ts';

/** The API as a listener of a Node server. */
export interface ApiListener {
  /** Whether a request's target is the API's. */
  takes(target: string): boolean;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** From now on nothing new is begun: what comes on open connections is told to go elsewhere. */
  stop(): void;
}

export function apiListener(options: ApiOptions): ApiListener {
  const api = createApi(options);
  const listen = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  let stopping = false;
  return {
    takes: (target) => /^\/(api(\/|$)|metrics$)/.test(target.split('?', 1)[0]!),
    async answer(request, response) {
      // HTTP/1.0 needs no host; an address is made with it.
      request.headers.host ??= 'localhost';
      if (!stopping) return listen(request, response);
      const error = { code: 'stopping', message: 'The server is being stopped; ask another, or later.' };
      response.writeHead(503, {
        'Content-Type': 'application/json',
        'Retry-After': '2',
        Connection: 'close',
      });
      response.end(JSON.stringify({ status: 'failing', error }));
    },
    stop() {
      stopping = true;
    },
  };
}
