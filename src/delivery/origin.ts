import { LikenessError } from '../base/errors.ts';
import { fileText } from '../base/json.ts';
import { manifestFile } from '../network/load.ts';
import type { Shard } from '../network/manifest.ts';
import { isHtml, notServed, whyNotFetched } from '../web/why-not.ts';
import type { BuiltIn } from './source.ts';

/** Where a model's files come from. An error of class {@link LikenessError} is final; after another one it may be tried again. */
export interface Origin {
  /** Names it in messages. */
  readonly name: string;
  /** Text of the manifest. */
  manifest(signal: AbortSignal): Promise<string>;
  /** A file from byte `from` on. An origin that cannot begin there begins at 0 and says so. */
  open(
    file: Pick<Shard, 'file' | 'byteLength'>,
    from: number,
    signal: AbortSignal,
  ): Promise<{ from: number; body: ReadableStream<Uint8Array> }>;
}

/** A model of this package: each file where it lies. */
export const builtInOrigin = ({ name, files, folder }: BuiltIn): Origin =>
  httpOrigin(`the built-in model ${name}`, (file) => {
    const url = Object.hasOwn(files, file) ? files[file]! : folder && new URL(file, folder).href;
    if (url) return url;
    throw new LikenessError(
      'bad-model',
      `The manifest of the built-in model ${name} names ${file}, of which this version of likeness-search knows nothing: its files are of another version. Build and serve them anew.`,
    );
  });

/** Files on a server. @param name for messages */
export function httpOrigin(name: string, urlOf: (file: string) => string): Origin {
  const get = async (file: string, init: RequestInit): Promise<Response> => {
    const url = urlOf(file);
    const response = await fetch(url, init).catch(async (cause: Error) => {
      init.signal?.throwIfAborted();
      const { reason, isFinal } = await whyNotFetched(url, cause);
      init.signal?.throwIfAborted();
      const message = `${url} cannot be fetched: ${reason}`;
      throw isFinal
        ? new LikenessError('not-found', `${message}.`, { cause })
        : new Error(message, { cause });
    });
    if (response.ok) return response;
    const message = `${url} answered ${response.status}.`;
    const mayChange = response.status >= 500 || response.status === 408 || response.status === 429;
    throw mayChange ? new Error(message) : new LikenessError('not-found', message);
  };
  return {
    name,
    async manifest(signal) {
      // Checked with the server, so that a model that was replaced there is seen.
      const response = await get(manifestFile, { signal, cache: 'no-cache' });
      const text = fileText(new Uint8Array(await response.arrayBuffer()), response.url);
      if (/^\s*</.test(text)) throw new LikenessError('not-found', `${response.url}: ${notServed}.`);
      return text;
    },
    async open({ file, byteLength }, from, signal) {
      // Stored by us, not by the browser's own cache besides; and a damaged copy there is not to come back.
      const init: RequestInit = { signal, cache: 'no-store' };
      const response = await get(file, from > 0 ? { ...init, headers: { Range: `bytes=${from}-` } } : init);
      const begin = firstByte(response, from);
      // A hotel's page for logging in comes with status 200, too. It is not to be stored over what came before.
      if (from > 0) checkLength(response, byteLength - begin);
      const body = response.body ?? new Blob([]).stream();
      return begin > 0
        ? { from, body }
        : { from: 0, body: body.pipeThrough(refuseHtml(response.url || urlOf(file))) };
    },
  };
}

/** Where a response's bytes begin in the file. */
function firstByte(response: Response, asked: number): number {
  if (response.status !== 206) return 0;
  const range = response.headers.get('Content-Range') ?? `bytes ${asked}-`;
  if (range.startsWith(`bytes ${asked}-`)) return asked;
  throw new Error(`${response.url} answered with ${range}, not from byte ${asked} on.`);
}

function checkLength({ url, headers }: Response, wanted: number): void {
  const length = headers.get('Content-Length');
  if (length === null || headers.has('Content-Encoding') || Number(length) === wanted) return;
  throw new Error(`${url} sends ${length} bytes, not ${wanted}: is a page for logging in between?`);
}

/** Lets bytes through, but for those of a page. */
function refuseHtml(url: string): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let isBegun = false;
  return new TransformStream({
    transform(bytes, control) {
      if (!isBegun && isHtml(bytes)) throw new LikenessError('not-found', `${url}: ${notServed}.`);
      isBegun = true;
      control.enqueue(bytes);
    },
  });
}

/** Files that a person picked: all of a model's folder. */
export function filesOrigin(files: readonly File[]): Origin {
  const byName = new Map(files.map((file) => [file.name, file]));
  return blobOrigin('the files that were picked', async (name) => byName.get(name));
}

/** A folder that a person picked. */
export function directoryOrigin(directory: FileSystemDirectoryHandle): Origin {
  return blobOrigin(`the folder "${directory.name}"`, async (name) => {
    try {
      return await (await directory.getFileHandle(name)).getFile();
    } catch (error) {
      if ((error as DOMException).name === 'NotFoundError') return undefined;
      const { message } = error as Error;
      const what = `${name} in the folder "${directory.name}"`;
      throw new LikenessError('not-found', `${what} cannot be read: ${message}`, { cause: error });
    }
  });
}

function blobOrigin(name: string, find: (file: string) => Promise<Blob | undefined>): Origin {
  const get = async (file: string): Promise<Blob> => {
    const blob = await find(file);
    if (blob) return blob;
    throw new LikenessError(
      'not-found',
      `There is no ${file} among ${name}; pick all files of a model's folder.`,
    );
  };
  return {
    name,
    async manifest() {
      const bytes = await (await get(manifestFile)).arrayBuffer();
      return fileText(new Uint8Array(bytes), `${manifestFile} among ${name}`);
    },
    open: async ({ file }, from) => ({ from, body: (await get(file)).slice(from).stream() }),
  };
}
