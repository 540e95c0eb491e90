// The command `npm run bench -- knn --peers` once everything is installed and bundled.
import { readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { chart } from './chart.mjs';
import { runPeers } from './grid.mjs';
import { absences, markdown, tables } from './report.mjs';

/**
 * Measures, prints tables, and writes the files that were asked for; their paths are of the folder `from`.
 *
 * @param {object} options as for `runPeers`, and `read`: files of figures to show instead of measuring
 */
export default async function run({ json, svg, read, from, ...options }) {
  const place = (path) => (isAbsolute(path) ? path : join(from, path));
  const write = (path, text) => writeFileSync(place(path), text);
  // Each size is kept as soon as it is measured: a long run that ends early is not lost.
  const keep = (figures) => json && write(json, `${JSON.stringify(figures, null, 1)}\n`);
  const figures = read
    ? joined(read.map((path) => JSON.parse(readFileSync(place(path), 'utf8'))))
    : await runPeers({ ...options, keep });
  const { about, notes } = figures;
  keep(figures);
  if (svg) write(svg, chart(figures));
  const python = about.python
    ? `; FAISS ${about.python.faiss}, NumPy ${about.python.numpy}, ${about.python.blas}`
    : '';
  console.log(
    `${about.date}; ${about.processor}, load ${about.load.toFixed(1)}; ${about.browser}, WebGPU on ${about.adapter}; Node ${about.node}${python}\n`,
  );
  for (const table of tables(figures)) console.log(markdown(table));
  for (const line of [...notes, ...absences(figures)]) console.log(`- ${line}`);
}

/** Figures of several runs on one machine as those of one. */
function joined(runs) {
  const about = runs.findLast((one) => one.about.python)?.about ?? runs[0].about;
  return {
    about,
    notes: [...new Set(runs.flatMap(({ notes }) => notes))],
    cases: runs.flatMap(({ cases }) => cases),
  };
}
