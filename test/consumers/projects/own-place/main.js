import { findSimilar } from './lib/pictures.js';
import { nearest } from './lib/vectors.js';
import { places, threadPlaces } from './places.js';

globalThis.findSimilar = (base, names, options) => findSimilar(base, names, { ...options, ...places });
globalThis.nearest = (options) => nearest({ ...options, ...threadPlaces });
