import { apiTimeouts, type RunningServer, startServer, type Timeouts } from '../../src/cli/serve/server.ts';
import { emptySite } from '../../src/cli/serve/site.ts';
import type { VectorEngine } from '../../src/engine/vector-engine.ts';
import { IndexEngine } from '../../src/server/index-engine.ts';
import { apiListener } from '../../src/server/listener.ts';
import type { LogLine } from '../../src/server/log.ts';
import type { ApiOptions } from '../../src/server/options.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';

export const token = 'a-token-of-the-tests';

export interface StartedApi {
  /** Ends in `/api`. */
  url: string;
  port: number;
  engine: VectorEngine;
  log: LogLine[];
  server: RunningServer;
  close(): Promise<void>;
}

/** The API in this process, over an index in a folder or over any engine. */
export async function startApi(
  over: string | VectorEngine,
  options: Partial<ApiOptions> = {},
  timeouts: Partial<Timeouts> = {},
): Promise<StartedApi> {
  const engine =
    typeof over === 'string' ? await IndexEngine.open(await IndexStore.open(new FolderStore(over))) : over;
  const log: LogLine[] = [];
  const listener = apiListener({
    engine,
    kind: 'likeness',
    model: null,
    token,
    log: (level, line) => log.push({ level, ...line }),
    ...options,
  });
  const server = await startServer(emptySite, { port: 0, host: 'localhost', isolation: false }, listener, {
    ...apiTimeouts,
    ...timeouts,
  });
  return {
    url: `${server.url}api`,
    port: Number(new URL(server.url).port),
    engine,
    log,
    server,
    async close() {
      await server.close();
      await engine.close();
    },
  };
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a server
  body: any;
}

/** One request with JSON in both directions. */
export async function call(
  url: string,
  { json, ...init }: RequestInit & { json?: unknown } = {},
): Promise<ApiAnswer> {
  const response = await fetch(url, {
    ...init,
    ...(json === undefined
      ? {}
      : {
          method: init.method ?? 'POST',
          body: JSON.stringify(json),
          headers: { 'Content-Type': 'application/json', ...init.headers },
        }),
  });
  const text = await response.text();
  const isJson = text !== '' && response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

export const bearer = { Authorization: `Bearer ${token}` };
