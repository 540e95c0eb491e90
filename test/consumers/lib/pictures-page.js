import { findSimilar } from './pictures.js';

globalThis.findSimilar = findSimilar;
