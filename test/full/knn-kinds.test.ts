import { testKinds } from '../support/knn-ways.ts';

/** The widths of VGG16's features, and one that ends in the middle of everything. */
const shapes = [
  { n: 1030, d: 512, queries: 65, ks: [30] },
  { n: 1030, d: 4095, queries: 2, ks: [30] },
  { n: 1030, d: 4096, queries: 2, ks: [1, 30, 1000] },
];

// Plain JavaScript is the reference itself, and takes minutes over values that are not normal numbers.
testKinds((way) => (way === 'js' ? shapes.slice(0, 1) : shapes));
