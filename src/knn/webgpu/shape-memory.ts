/**
 * What was measured about an adapter, in Cache Storage, for the pages and workers of the origin. Without Cache Storage (Node),
 * or if it fails, nothing is recalled.
 */
const cacheName = 'likeness-gpu';
const address = (adapter: string): string => `https://likeness.invalid/${encodeURIComponent(adapter)}`;
/** Measuring takes less than a longer wait. */
const maxMs = 1000;

/** What this version of the browser kept of an adapter. The caller has to check it. */
export async function recall(adapter: string): Promise<unknown> {
  const kept = await attempt(async (cache) => (await cache.match(address(adapter)))?.json());
  return kept?.browser === browserVersion() ? kept.facts : undefined;
}

/** Keeps facts of an adapter, instead of those before. */
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
    // If storage is denied, even the name may throw.
    if (typeof caches === 'undefined') return undefined;
    return await Promise.race([caches.open(cacheName).then(work), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
