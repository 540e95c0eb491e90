import { testBenchmarks } from '../support/bench.ts';

// Shaders on a software GPU, a model, pages of a site: each takes longer.
testBenchmarks([
  ['knn --n 300 --d 64 --runs 1', /^scan, wasm\S*, 2 threads .*\d/m],
  ['gpu --n 300 --d 64 --runs 1', /^gpu: 300 rows of 64/m],
  ['store --n 300 --d 64 --runs 1', /^Writing, 300 × 64/m],
  ['fc1 --n 64 --d 256 --runs 1', /^fc1: 64 rows of 256/m],
  ['site --n 20 --runs 1', /^likeness site .*\d/m],
  ['page --n 40 --batch 12 --runs 1', /^cold .*\d/m],
  ['page-memory --n 2', /^adding: most +\d+ +-?\d+$/m],
  ['extract --node --only compact --runs 1', /^JPEG to vector, likeness .*\d/m],
]);
