import { trustedScript } from '../trusted-types.ts';
import type { WorkerScript } from './names.ts';
import { placeOf, programBase } from './place.ts';
import { type AssetLocation, givenAsset, nowhere } from './resolve.ts';

/** What the error of a worker begins with whose module did not load. */
export const notLoaded = 'Its module cannot be loaded: ';

/** A worker's script: its URL, and how it is to be started. */
export interface Script {
  url: string;
  options: WorkerOptions;
}

/**
 * Finds a worker's script.
 *
 * @param make `() => new Worker(new URL('./script', import.meta.url), { type: 'module', name })`, written out: so
 *   bundlers find the script, bundle it, and put its new address there
 * @throws LikenessError `bad-argument`, `not-found`
 */
export function scriptOf(name: WorkerScript, make: () => Worker, assets: AssetLocation | undefined): Script {
  const given = givenAsset(assets, name);
  let options: WorkerOptions = { type: 'module' };
  const url =
    given ??
    placeOf(name, () => {
      const caught = catchWorker(make);
      options = caught.options;
      return caught.url;
    });
  return { url: url ?? nowhere(name), options };
}

/** The arguments of the `new Worker` in `make`, which is not started: only what a bundler wrote there knows them. */
function catchWorker(make: () => Worker): Script {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  let caught: Script | undefined;
  class Caught {
    constructor(url: string | URL, options: WorkerOptions = {}) {
      caught = { url: String(url), options };
    }
  }
  Object.defineProperty(globalThis, 'Worker', { value: Caught, configurable: true, writable: true });
  try {
    make();
  } finally {
    if (own) Object.defineProperty(globalThis, 'Worker', own);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
  return caught!;
}

/**
 * Starts a worker. Its script has to come from the page's origin; where the library lies elsewhere, a script of the page's
 * own may load it, where the server allows that by CORS.
 *
 * @param name what the browser's tools call it
 */
export function startWorker({ url, options }: Script, name: string): Worker {
  const script = new URL(url, programBase());
  const isHere = script.origin === globalThis.origin || script.protocol === 'data:';
  if (isHere) return new Worker(trustedScript(script.href), { ...options, name });
  const isOpaque = globalThis.origin === 'null';
  const text = isOpaque
    ? loader(script.href)
    : options.type === 'module'
      ? `import ${JSON.stringify(script.href)};`
      : `importScripts(${JSON.stringify(script.href)});`;
  // Turbopack tells its script by the hash what else to load.
  const blob = URL.createObjectURL(new Blob([text], { type: 'text/javascript' })) + script.hash;
  return new Worker(trustedScript(blob), {
    ...options,
    type: isOpaque ? 'classic' : (options.type ?? 'classic'),
    name,
  });
}

/** Starts the script of this worker once more, as this one was started. */
export function startOwnScript(name: string): Worker {
  return new Worker(trustedScript(globalThis.location.href), {
    type: isModule() ? 'module' : 'classic',
    name,
  });
}

/** Only in workers of the classic kind `importScripts` may be called. */
function isModule(): boolean {
  try {
    (globalThis as unknown as { importScripts(): void }).importScripts();
    return false;
  } catch {
    return true;
  }
}

/**
 * For a page with an opaque origin, a sandboxed frame's. Chromium refuses it modules that are its own blobs, and WebKit's
 * workers of `data:` cannot read its pictures; a script of the old kind may import in both. Messages that come before the
 * module listens are kept for it.
 */
const loader = (href: string): string => `
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
