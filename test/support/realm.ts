/** What a program may be given by another realm: a frame of the page; in Node a context, as Jest and jsdom make them. */
export interface Realm {
  Uint8Array: Uint8ArrayConstructor;
  Uint8ClampedArray: Uint8ClampedArrayConstructor;
  Uint16Array: Uint16ArrayConstructor;
  Float32Array: Float32ArrayConstructor;
  Float64Array: Float64ArrayConstructor;
  URL: typeof URL;
  Blob: typeof Blob;
  File: typeof File;
}

/** A context has the classes of the language alone. These stand for jsdom's of the web: none of Node's, with their names. */
const webClasses = `
  class URL {
    constructor(href) { this.href = String(href); }
    get protocol() { return /^[^:]+:/.exec(this.href)[0]; }
    toString() { return this.href; }
    get [Symbol.toStringTag]() { return 'URL'; }
  }
  class Blob {
    #bytes;
    constructor(parts) { this.#bytes = Uint8Array.from(parts.flatMap((part) => [...part])); }
    get size() { return this.#bytes.length; }
    slice(from, to) { return new Blob([this.#bytes.subarray(from, to)]); }
    async arrayBuffer() { return this.#bytes.slice().buffer; }
    get [Symbol.toStringTag]() { return 'Blob'; }
  }
  class File extends Blob {
    constructor(parts, name) { super(parts); this.name = name; }
    get [Symbol.toStringTag]() { return 'File'; }
  }
  ({ Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array, Float64Array, URL, Blob, File })`;

export async function otherRealm(): Promise<Realm> {
  if ('document' in globalThis) {
    const frame = document.createElement('iframe');
    document.documentElement.append(frame);
    return frame.contentWindow as unknown as Realm;
  }
  const { runInNewContext } = await import('node:vm');
  return runInNewContext(webClasses);
}
