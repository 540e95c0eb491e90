/**
 * Starts a module worker of this library. A worker's script has to come from the page's origin; where the library lies
 * elsewhere, a blob of the page's own may import it.
 *
 * @param sameOrigin makes the worker the ordinary way: `new Worker(new URL(…, import.meta.url))` has to be written out
 *   where bundlers look for it
 */
export function startModuleWorker(url: URL, sameOrigin: () => Worker): Worker {
  if (url.origin === globalThis.origin) return sameOrigin();
  const start = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' }),
  );
  return new Worker(start, { type: 'module', name: 'likeness' });
}
