// The command `npm run bench -- knn --peers` once everything is installed and bundled.
import { writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { chart } from './chart.mjs';
import { runPeers } from './grid.mjs';
import { absences, markdown, tables } from './report.mjs';

/** Measures, prints tables, and writes the files that were asked for; their paths are of the folder `from`. */
export default async function run({ json, svg, from, ...options }) {
  const figures = await runPeers(options);
  const { about, notes } = figures;
  const write = (path, text) => writeFileSync(isAbsolute(path) ? path : join(from, path), text);
  if (json) write(json, `${JSON.stringify(figures, null, 1)}\n`);
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
