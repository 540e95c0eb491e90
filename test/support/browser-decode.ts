import { createBrowserDecode } from '../../src/image/decode.browser.ts';
import type { Decode } from '../../src/image/decode.ts';
import { decoders } from '../../src/image/decoders.ts';

/** The page's decoder, with all of it in the test's own bundle. */
export const decode: Decode = createBrowserDecode(decoders);
