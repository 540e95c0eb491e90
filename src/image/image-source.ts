import type * as web from '../base/web-types.ts';
import type { Pixels } from './pixels.ts';

/**
 * A picture, in any form a page or a program has it. A string is a URL in the browser; in Node it is a file path, or
 * a URL when it begins with `http:`, `https:`, `file:` or `data:`. A `Uint8Array` holds an encoded picture (JPEG, PNG, …).
 */
export type ImageSource =
  | web.Blob
  | web.URL
  | string
  | Uint8Array
  | web.ImageBitmap
  | web.ImageData
  | web.HTMLImageElement
  | web.HTMLCanvasElement
  | web.OffscreenCanvas
  | Pixels;
