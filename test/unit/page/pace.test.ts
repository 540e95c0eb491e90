import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, Pace } from '../../../page/state/pace.ts';

test('a pace tells rate and time left once there is something to tell', () => {
  const pace = new Pace(500, 100, 1000);
  assert.equal(pace.describe(100, 1000), '100 of 500');
  assert.equal(pace.describe(110, 1200), '110 of 500');
  assert.equal(pace.describe(200, 6000), '200 of 500 · 20 a second · 15 s left');
  assert.equal(pace.describe(110, 6000), '110 of 500 · 2.0 a second · 4 min left');
  assert.equal(pace.describe(500, 21_000), '500 of 500 · 20 a second');
});

test('a total may grow, and work that is begun counts for the rate', () => {
  const pace = new Pace(0, 0, 0);
  assert.equal(pace.describe(0, 1000, 64, 0.5), '0 of 64 · 0.5 a second · 3 min left');
  assert.equal(pace.describe(10, 10_000, 200), '10 of 200 · 1.0 a second · 4 min left');
  assert.equal(pace.describe(200, 10_000, 200), '200 of 200 · 20 a second');
});

test('durations are rounded up', () => {
  assert.deepEqual([0.2, 59.5, 60, 61, 3599, 3600, 4900].map(duration), [
    '1 s',
    '60 s',
    '1 min',
    '2 min',
    '1 h 0 min',
    '1 h 0 min',
    '1 h 22 min',
  ]);
});
