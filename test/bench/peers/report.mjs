// The figures of grid.mjs as tables in Markdown, for reading here and for docs/BENCHMARKS.md alike.
import { baselines, contenders } from './contenders.mjs';

const groups = { cpu: 'one thread of the CPU', gpu: 'WebGPU' };
const caseTitle = ({ kind, n, d, q, k }) =>
  `${n.toLocaleString('en')} × ${d}, ${q === 1 ? '1 query' : `${q} queries`}, k ${k}${kind === 'features' ? '' : ` (${kind})`}`;

/** Results of a group, each with its name and its time as a multiple of ours; the fastest first. */
export function ranked({ results }, group) {
  const members = contenders.filter((contender) => contender.group === group);
  const isTimed = (wanted) => results.find(({ id, median }) => id === wanted && median);
  const fallback = members.find(({ id, ours: isOurs }) => isOurs && isTimed(id))?.id;
  const ours = (isTimed(baselines[group]) ?? isTimed(fallback))?.median;
  const own = members.flatMap(({ id, name, ours: isOurs }) => {
    const hits = results.filter((result) => result.id === id && result.median);
    return hits.slice(0, 1).map((hit) => ({ ...hit, name, isOurs, ratio: hit.median / ours }));
  });
  return own.sort((a, b) => a.median - b.median);
}

export function tables({ cases }) {
  const out = [];
  for (const one of cases) {
    for (const [group, title] of Object.entries(groups)) {
      const lines = ranked(one, group);
      if (lines.length === 0) continue;
      out.push({
        title: `${caseTitle(one)}: ${title}`,
        columns: [
          '',
          'median ms',
          'min – max',
          'runs',
          '× ours',
          'recall',
          'exact order',
          'KiB a row',
          'build ms',
        ],
        rows: lines.map((line) => [
          line.isOurs ? `**${line.name}**` : line.name,
          milliseconds(line.median),
          `${milliseconds(line.min)} – ${milliseconds(line.max)}`,
          line.runs,
          Number.isFinite(line.ratio) ? line.ratio.toFixed(2) : '',
          line.recall === 1 ? '1' : line.recall.toFixed(4),
          line.inOrder ? 'yes' : 'no',
          // Growth of a process says nothing where it is small beside what else goes on in it.
          4 * one.n * one.d >= 2 ** 26 ? (line.bytesPerRow / 1024).toFixed(1) : '',
          line.buildMs.toFixed(0),
        ]),
      });
    }
  }
  return out;
}

/** Who could not take part, and why; a reason is given once. */
export function absences({ cases }) {
  const reasons = new Map();
  for (const one of cases) {
    for (const { id, failure } of one.results) {
      if (!failure) continue;
      const { name } = contenders.find((contender) => contender.id === id);
      const line = `${name}: ${failure.split('\n')[0]}`;
      reasons.set(line, [...(reasons.get(line) ?? []), `${one.n} × ${one.d}`]);
    }
  }
  return [...reasons].map(([line, sizes]) => `${line} (${[...new Set(sizes)].join(', ')})`);
}

export function markdown({ title, columns, rows }) {
  const lines = [columns, ...rows].map((line) => line.map(String));
  const widths = columns.map((_, i) => Math.max(3, ...lines.map((line) => line[i].length)));
  const cells = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [`${title}:`, '', cells(lines[0]), rule, ...lines.slice(1).map(cells), ''].join('\n');
}

function milliseconds(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
