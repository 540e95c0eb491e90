/** One picture that an element offers. */
export interface Offer {
  url: string;
  /** Pixels across, where it says so: `800w`. */
  width?: number;
  /** Pixels for each pixel of the page: `2x`. Without a word it is 1. */
  density: number;
}

const space = /[\t\n\f\r ]/;

/**
 * What a `srcset` offers, read as the HTML standard reads it: a comma may be part of a URL, and is one of the list where
 * it ends a URL or follows a descriptor. Offers with descriptors that mean nothing are left out.
 */
export function parseSrcset(text: string): Offer[] {
  const offers: Offer[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && (space.test(text[at]!) || text[at] === ',')) at++;
    if (at >= text.length) return offers;
    const start = at;
    while (at < text.length && !space.test(text[at]!)) at++;
    const word = text.slice(start, at);
    const url = word.replace(/,+$/, '');
    const descriptors: string[] = [];
    if (url === word) {
      const from = at;
      let open = 0;
      for (; at < text.length && (open > 0 || text[at] !== ','); at++) {
        if (text[at] === '(') open++;
        else if (text[at] === ')') open = Math.max(0, open - 1);
      }
      descriptors.push(
        ...text
          .slice(from, at)
          .split(/[\t\n\f\r ]+/)
          .filter(Boolean),
      );
    }
    const offer = offerOf(url, descriptors);
    if (offer) offers.push(offer);
  }
}

function offerOf(url: string, descriptors: readonly string[]): Offer | undefined {
  let width: number | undefined;
  let density: number | undefined;
  for (const descriptor of descriptors) {
    const value = Number(descriptor.slice(0, -1));
    if (/^\d+w$/.test(descriptor) && value > 0 && width === undefined) width = value;
    else if (/^[+-]?[\d.]+([eE][+-]?\d+)?x$/.test(descriptor) && value >= 0 && density === undefined)
      density = value;
    else if (!/^\d+h$/.test(descriptor)) return undefined;
  }
  if (width !== undefined && density !== undefined) return undefined;
  return { url, ...(width === undefined ? {} : { width }), density: density ?? 1 };
}
