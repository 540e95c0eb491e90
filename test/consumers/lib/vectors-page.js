import { nearest } from './vectors.js';

globalThis.nearest = nearest;
