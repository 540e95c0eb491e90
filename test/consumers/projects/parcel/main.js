import { findSimilar } from './lib/pictures.js';

globalThis.findSimilar = (base, names, options) =>
  findSimilar(base, names, { ...options, assets: '/likeness/' });
