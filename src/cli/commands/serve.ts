import { openIndexOf } from '../open-index.ts';
import { print } from '../print.ts';
import { type RunningServer, type ServerOptions, startServer } from '../serve/server.ts';
import { createSite } from '../serve/site.ts';

interface Options extends ServerOptions {
  index?: string;
  followLinks?: boolean;
}

/** `likeness serve`. Resolves when the server listens; a signal ends it. */
export async function serve(options: Options): Promise<void> {
  const where = options.index;
  const looked = where === undefined ? undefined : await openIndexOf(where, { rows: true });
  const index = looked && { where: where!, store: looked.index, isWhole: !looked.damage };
  try {
    const site = await createSite({ index, followLinks: options.followLinks });
    const server = await startServer(site, options);
    stopOnSignal(server, async () => index?.store.close());
    print(`Serving on ${server.url} — stop with Ctrl+C`);
  } catch (error) {
    await index?.store.close();
    throw error;
  }
}

/** The first signal waits for answers under way; the second ends the process. */
function stopOnSignal(server: RunningServer, cleanUp: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void server
        .close()
        .then(cleanUp)
        .finally(() => process.exit(0));
    });
  }
}
