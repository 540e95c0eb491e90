/**
 * Starts a module worker of this library. A worker's script has to come from the page's origin; where the library lies
 * elsewhere, a script of the page's own may import it, where the server allows that by CORS.
 *
 * @param sameOrigin makes the worker the ordinary way: `new Worker(new URL(…, import.meta.url))` has to be written out
 *   where bundlers look for it
 */
export function startModuleWorker(url: URL, sameOrigin: () => Worker): Worker {
  if (url.origin === globalThis.origin) return sameOrigin();
  const script = `import ${JSON.stringify(url.href)};`;
  // A page with an opaque origin, a sandboxed frame's: Chromium refuses it modules that are its own blobs. A worker of
  // data has an opaque origin, too, and no storage: elsewhere that would be a loss.
  const start =
    globalThis.origin === 'null'
      ? `data:text/javascript,${encodeURIComponent(script)}`
      : URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return new Worker(start, { type: 'module', name: 'likeness' });
}
