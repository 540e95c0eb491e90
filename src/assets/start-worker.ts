import { LikenessError } from '../base/errors.ts';
import { connect, domPort, type Remote } from '../base/rpc.ts';
import { placeOf, programBase } from '../web/place.ts';
import { hearPolicy } from '../web/policy.ts';
import { importScriptsText, trustedScript, whyNotTrusted } from '../web/trusted-types.ts';
import { fromDisk, howToStart, whyNotLoaded } from '../web/why-not.ts';
import type { WorkerScript } from './names.ts';
import { type AssetLocation, givenAsset, nowhere } from './resolve.ts';

/** What the error of a worker begins with whose module did not load. */
const notLoaded = 'Its module cannot be loaded: ';

/** Whether a worker's error says that its script did not load, as far as anything is said of that. */
const isNotLoaded = (message: string): boolean =>
  message === '' || message.includes(notLoaded) || message.includes('importScripts');

/** A worker's script: its URL, and how it is to be started. */
interface Script {
  url: string;
  options: WorkerOptions;
}

/** What starts a worker: a script of ours, or a program's own function. */
export type WorkerStart = Script | (() => Worker);

/**
 * Starts a worker of this library.
 *
 * @param what it is, as the subject of an error's message
 * @param name what the browser's tools call it
 * @param why says why a script that was loaded once is not loaded again; default: it is fetched and looked at
 * @throws LikenessError `no-backend` where it cannot be started
 */
export function startWorker<T>(
  start: WorkerStart,
  name: string,
  what: string,
  why?: () => string,
): Remote<T> {
  const url = typeof start === 'function' ? undefined : new URL(start.url, programBase()).href;
  const subject = url === undefined || why ? what : `${what}, ${url},`;
  const policy = hearPolicy({ throughBlob: true });
  let worker: Worker;
  try {
    worker = typeof start === 'function' ? start() : createWorkerOf(start, name);
  } catch (cause) {
    policy.end();
    const [code, reason] =
      cause instanceof LikenessError
        ? [cause.code, cause.message]
        : ['no-backend' as const, `${cause}; ${fromDisk(programBase()) ?? howToStart(url)}`];
    throw new LikenessError(code, `${subject} cannot be started: ${reason.replace(/\.?$/, '.')}`, { cause });
  }
  const { calls, fail } = connect<T>(domPort(worker));
  // It lives: what is refused from now on is no reason for its end.
  worker.addEventListener('message', () => policy.end(), { once: true });
  worker.addEventListener('error', async (event) => {
    const message = event.message ?? '';
    let detail = `failed: ${message}`;
    if (isNotLoaded(message)) {
      // Of one that cannot be loaded nothing is told.
      const found = url === undefined ? undefined : (why?.() ?? (await whyNotLoaded(url, policy, 'worker')));
      detail = `cannot be loaded: ${found ?? `${message}${message && '; '}${howToStart(url)}`}.`;
    }
    policy.end();
    fail(new LikenessError('no-backend', `${subject} ${detail}`));
  });
  return {
    calls,
    end(reason) {
      policy.end();
      worker.terminate();
      fail(reason);
    },
  };
}

/** The script of this worker, to be started once more as this one was started. */
export const ownScript = (): Script => ({
  url: globalThis.location.href,
  options: { type: isModule() ? 'module' : 'classic' },
});

/**
 * Finds a worker's script; where that cannot be done, the `make` that starts it.
 *
 * @param make `() => new Worker(new URL('./script', import.meta.url), { type: 'module', name })`, written out: so
 *   bundlers find the script, bundle it, and put its new address there
 * @throws LikenessError `bad-argument`, `not-found`
 */
export function scriptOf(
  name: WorkerScript,
  make: () => Worker,
  assets: AssetLocation | undefined,
): WorkerStart {
  let options: WorkerOptions = { type: 'module' };
  let isFrozen = false;
  const url =
    givenAsset(assets, name) ??
    placeOf(name, () => {
      const caught = catchWorker(make);
      isFrozen = caught === undefined;
      if (caught) options = caught.options;
      return caught?.url;
    });
  const script = { url: url ?? nowhere(name), options };
  if (!isFrozen) return script;
  // Only the bundler's own line knows what it has written there. From another origin or with Trusted Types that line fails.
  return () => {
    try {
      return make();
    } catch {
      return createWorkerOf(script, name);
    }
  };
}

/**
 * The arguments of the `new Worker` in `make`, which is not started: only what a bundler wrote there knows them.
 *
 * @returns `undefined` where `Worker` is frozen
 */
function catchWorker(make: () => Worker): Script | undefined {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  let caught: Script | undefined;
  class Caught {
    constructor(url: string | URL, options: WorkerOptions = {}) {
      caught = { url: String(url), options };
    }
  }
  try {
    Object.defineProperty(globalThis, 'Worker', { value: Caught, configurable: true, writable: true });
  } catch {
    return undefined;
  }
  try {
    make();
  } finally {
    if (own) Object.defineProperty(globalThis, 'Worker', own);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
  return caught;
}

/**
 * Starts a worker. Its script has to come from the page's origin; where the library lies elsewhere, a script of the page's
 * own may load it, where the server allows that by CORS.
 *
 * @param name what the browser's tools call it
 */
function createWorkerOf({ url, options }: Script, name: string): Worker {
  const script = new URL(url, programBase());
  const isHere = script.origin === globalThis.origin || script.protocol === 'data:';
  if (isHere) return createWorker(script.href, { ...options, name });
  const isOpaque = globalThis.origin === 'null';
  const text = isOpaque
    ? loader(script.href)
    : options.type === 'module'
      ? `import ${JSON.stringify(script.href)};`
      : importScriptsText(script.href);
  // Turbopack tells its script by the hash what else to load.
  const blob = URL.createObjectURL(new Blob([text], { type: 'text/javascript' })) + script.hash;
  return createWorker(blob, {
    ...options,
    type: isOpaque ? 'classic' : (options.type ?? 'classic'),
    name,
  });
}

/** @throws LikenessError `no-backend` where it is known why no worker can be started; else what the browser throws */
function createWorker(url: string, options: WorkerOptions): Worker {
  if (typeof Worker === 'undefined') {
    throw new LikenessError(
      'no-backend',
      'Workers cannot be started here (Worker is missing), as in service workers and, in most browsers, in shared workers: call this from a page or from a worker of its own.',
    );
  }
  const script = trustedScript(url);
  try {
    return new Worker(script, options);
  } catch (cause) {
    const why = whyNotTrusted();
    if (why && cause instanceof TypeError) throw new LikenessError('no-backend', why, { cause });
    throw cause;
  }
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
