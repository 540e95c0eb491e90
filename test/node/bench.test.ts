import { testBenchmarks } from '../support/bench.ts';

// Those that take a second or two; the others are in test/full.
testBenchmarks([
  ['knn --node --n 300 --d 64 --runs 1', /^scan, wasm, 2 threads .*\d/m],
  ['duplicates --node --n 300 --d 64 --runs 1', /^pairs and groups .*\d/m],
  ['duplicates --n 300 --d 64 --runs 1', /^pairs and groups .*\d/m],
  ['map --node --n 300 --d 64', /^map .* \d/m],
  ['store --node --n 300 --d 64 --runs 1', /^Writing, 300 × 64/m],
  ['fc1 --node --n 64 --d 256 --runs 1', /^fc1: 64 rows of 256/m],
]);
