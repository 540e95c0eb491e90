/** A URL's path, decoded. Percent signs that stand for nothing stay as they are, as do bytes that are no UTF-8. */
export const decodePath = (path: string): string =>
  path.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
