import { findSimilar } from './lib/pictures.js';
import { nearest } from './lib/vectors.js';

const [base, ...names] = process.argv.slice(2);
const { failed, answers } = await findSimilar(base, names, { device: 'wasm' });
console.log(JSON.stringify({ failed, answers, vectors: await nearest({ threads: 1 }) }));
