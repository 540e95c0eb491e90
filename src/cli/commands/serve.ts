import { setTimeout } from 'node:timers/promises';
import { endAll } from '../../base/end-all.ts';
import { openIndexOf } from '../open-index.ts';
import { print } from '../print.ts';
import { openApi } from '../serve/api.ts';
import type { ApiServeOptions } from '../serve/api-options.ts';
import { runsWithFewArenas } from '../serve/few-arenas.ts';
import { type RunningServer, type ServerOptions, startServer } from '../serve/server.ts';
import { createSite, emptySite } from '../serve/site.ts';

interface Options extends ServerOptions, ApiServeOptions {
  index?: string;
  followLinks?: boolean;
  /** Whether the page is served. */
  page: boolean;
}

/** `likeness serve`. Resolves when the server listens; a signal ends it. */
export async function serve(options: Options): Promise<void> {
  if (options.engine !== undefined && (await runsWithFewArenas())) return;
  const { index: where, engine, followLinks } = options;
  // The page searches an index of ours itself: a table of another engine it cannot read.
  const page = options.page && engine === undefined;
  const api = options.api || engine !== undefined ? await openApi({ ...options, page }) : undefined;
  let closeIndex: (() => Promise<void>) | undefined;
  const cleanUp = (): Promise<void> =>
    endAll(
      () => api?.close(),
      () => closeIndex?.(),
    );
  try {
    const looked = page && where !== undefined ? await openIndexOf(where, { rows: true }) : undefined;
    closeIndex = async () => looked?.index.close();
    const index = looked && { where: where!, store: looked.index, isWhole: !looked.damage };
    const site = page ? await createSite({ index, followLinks }) : emptySite;
    const server = await startServer(site, options, api?.listener);
    stopOnSignal(server, cleanUp);
    print(`Serving on ${server.url} — stop with Ctrl+C`);
  } catch (error) {
    await cleanUp().catch(() => {});
    throw error;
  }
}

/** A store that does not answer does not let go of what is under way: the process ends all the same. */
const cleanUpMs = 5000;

/** The first signal waits for answers under way; the second ends the process. */
function stopOnSignal(server: RunningServer, cleanUp: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void server
        .close()
        .then(() => Promise.race([cleanUp(), setTimeout(cleanUpMs)]))
        .finally(() => process.exit(0));
    });
  }
}
