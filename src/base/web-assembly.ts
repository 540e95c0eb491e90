import { LikenessError } from './errors.ts';

/** A module with nothing in it. */
const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * Asks whether WebAssembly may be compiled here, before something is.
 *
 * @throws LikenessError `no-backend`, which says what has to be allowed
 */
export function checkWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') {
    throw new LikenessError(
      'no-backend',
      'WebAssembly is missing here; some browsers switch it off (Lockdown Mode on Apple’s devices), for some sites or for all.',
    );
  }
  try {
    new WebAssembly.Module(empty);
  } catch (cause) {
    throw new LikenessError(
      'no-backend',
      "WebAssembly may not be compiled here: the Content-Security-Policy of the page, or the one that is sent with the worker's script, has to allow 'wasm-unsafe-eval' in script-src.",
      { cause },
    );
  }
}
