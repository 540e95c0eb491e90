/**
 * Whether threads can share memory here: in Node always, in a page when it is cross-origin isolated. WebKit calls pages
 * isolated in which `SharedArrayBuffer` is missing.
 */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && (isNode() || globalThis.crossOriginIsolated === true);

export const isNode = (): boolean =>
  typeof process !== 'undefined' && typeof process.versions?.node === 'string';
