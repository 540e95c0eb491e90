/**
 * Whether threads can share memory here: in Node always, in a page when it is cross-origin isolated. WebKit calls pages
 * isolated in which `SharedArrayBuffer` is missing.
 */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && (isNode() || globalThis.crossOriginIsolated === true);

/** Why threads of a page cannot share memory, for a report. */
export const whyNotShared = (): string =>
  globalThis.crossOriginIsolated === true
    ? 'this browser has no SharedArrayBuffer'
    : 'the page is not cross-origin isolated';

export const isNode = (): boolean =>
  typeof process !== 'undefined' && typeof process.versions?.node === 'string';
