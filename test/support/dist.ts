/** Where pages of this checkout load the library from, as built. */
export const webLibrary = '/dist/web/likeness.js';
export const webKnn = '/dist/web/likeness-knn.js';
