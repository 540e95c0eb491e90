import { gaussian, seeded } from './random.ts';

/** Rows of length 1 in clusters of about ten; some are near-duplicates, some rows are equal. n × d */
export function nearRows(n: number, d: number): Float32Array {
  const random = seeded(5);
  const normal = gaussian(random);
  const rows = new Float32Array(n * d);
  let centre = new Float32Array(d);
  for (let row = 0; row < n; row++) {
    if (row % 10 === 0) centre = Float32Array.from(centre, normal);
    // From equal ones to a distance of 1.
    const spread = 0.5 * Math.max(0, random() - 0.1);
    const one = centre.map((value) => value + spread * normal());
    const length = Math.hypot(...one);
    rows.set(
      one.map((value) => value / length),
      row * d,
    );
  }
  return rows;
}
