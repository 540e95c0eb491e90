/** What the error of a worker begins with whose module did not load. */
export const notLoaded = 'Its module cannot be loaded: ';

/**
 * Starts a module worker of this library. A worker's script has to come from the page's origin; where the library lies
 * elsewhere, a script of the page's own may import it, where the server allows that by CORS.
 *
 * @param sameOrigin makes the worker the ordinary way: `new Worker(new URL(…, import.meta.url))` has to be written out
 *   where bundlers look for it
 */
export function startModuleWorker(url: URL, sameOrigin: () => Worker): Worker {
  if (url.origin === globalThis.origin) return sameOrigin();
  const isOpaque = globalThis.origin === 'null';
  const script = isOpaque ? loader(url) : `import ${JSON.stringify(url.href)};`;
  const start = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return new Worker(start, { type: isOpaque ? 'classic' : 'module', name: 'likeness' });
}

/**
 * For a page with an opaque origin, a sandboxed frame's. Chromium refuses it modules that are its own blobs, and WebKit's
 * workers of `data:` cannot read its pictures; a script of the old kind may import in both. Messages that come before the
 * module listens are kept for it.
 */
const loader = ({ href }: URL): string => `
const early = [];
const keep = (event) => early.push(event);
addEventListener('message', keep);
import(${JSON.stringify(href)}).then(
  () => {
    removeEventListener('message', keep);
    for (const event of early) dispatchEvent(new MessageEvent('message', { data: event.data, ports: event.ports }));
  },
  (error) => setTimeout(() => {
    throw new Error(${JSON.stringify(notLoaded)} + error.message);
  }),
);`;
