/**
 * What was measured about an adapter, kept in this browser for the pages and workers of the origin, in Cache Storage.
 * Where there is none (Node), or it is denied or fails, nothing is recalled and nothing is said.
 */
const cacheName = 'likeness-gpu';
const address = (adapter: string): string => `https://likeness.invalid/${encodeURIComponent(adapter)}`;
/** Whoever waits longer had better measure. */
const maxMs = 1000;

/** What was kept of an adapter by this version of the browser. It may be anything: whoever asks has to check. */
export async function recall(adapter: string): Promise<unknown> {
  const kept = await attempt(async (cache) => (await cache.match(address(adapter)))?.json());
  return kept?.browser === browserVersion() ? kept.facts : undefined;
}

/** Keeps facts of an adapter, in the place of those before. */
export async function keep(adapter: string, facts: unknown): Promise<void> {
  const record = JSON.stringify({ browser: browserVersion(), facts });
  await attempt((cache) => cache.put(address(adapter), new Response(record)));
}

/** Name and major version: drivers and shader compilers change with them. */
function browserVersion(): string {
  const agent = navigator.userAgent ?? '';
  return /(?:Firefox|Chrome|Version)\/\d+/.exec(agent)?.[0] ?? agent;
}

async function attempt<T>(work: (cache: Cache) => Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), maxMs);
  });
  try {
    // Where storage is denied even the name may throw.
    if (typeof caches === 'undefined') return undefined;
    return await Promise.race([caches.open(cacheName).then(work), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
