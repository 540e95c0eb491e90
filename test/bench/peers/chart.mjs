// A chart of the figures of grid.mjs: a panel a question, a bar a contender, as long as the logarithm of its time.
import { ranked } from './report.mjs';

const width = 860;
const nameWidth = 230;
const valueWidth = 130;
const lineHeight = 17;
const panelGap = 26;
const titleHeight = 20;

const escapeText = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * @param {{ about: object, cases: object[] }} figures
 * @returns {string} SVG that follows the reader's light or dark theme
 */
export function chart({ about, cases }) {
  const panels = cases.flatMap((one) =>
    ['cpu', 'gpu'].flatMap((group) => {
      const bars = ranked(one, group);
      const place = group === 'cpu' ? 'one thread' : `WebGPU, ${about.adapter}`;
      const queries = one.q === 1 ? '1 query' : `${one.q} queries`;
      const title = `${one.n.toLocaleString('en')} rows of ${one.d}, ${queries}, k ${one.k}, ${one.kind}: ${place}`;
      return bars.length > 1 ? [{ title, bars }] : [];
    }),
  );
  let y = 44;
  const parts = panels.map(({ title, bars }) => {
    const top = y;
    y += titleHeight + bars.length * lineHeight + panelGap;
    return panel(title, bars, top);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="12">
<title>Exact nearest neighbours: Likeness beside others</title>
<style>
  text { fill: #222 } .muted { fill: #666 } .ours { fill: #0a7f5a } .peer { fill: #9aa7b4 }
  @media (prefers-color-scheme: dark) { text { fill: #eee } .muted { fill: #aaa } .ours { fill: #3ecf9a } .peer { fill: #5d6b7a } }
</style>
<text x="0" y="16" font-size="15" font-weight="600">Exact k nearest rows: milliseconds a call, medians (logarithmic bars)</text>
<text x="0" y="33" class="muted">${escapeText(`${about.date}; ${about.processor}; ${about.browser}; Node ${about.node}. The number after a time: multiple of ours.`)}</text>
${parts.join('\n')}
</svg>
`;
}

function panel(title, bars, top) {
  const logarithms = bars.map(({ median }) => Math.log10(median));
  // A decade below the fastest is the left end, so that its bar is not empty.
  const low = Math.min(...logarithms) - 0.5;
  const span = Math.max(...logarithms) - low || 1;
  const max = width - nameWidth - valueWidth;
  const lines = bars.map(({ name, isOurs, median, ratio, recall }, i) => {
    const y = top + titleHeight + i * lineHeight;
    const length = Math.max(2, (max * (Math.log10(median) - low)) / span);
    const value = `${median.toPrecision(3)} ms${isOurs || !Number.isFinite(ratio) ? '' : ` · ${ratio.toPrecision(2)}×`}${recall < 1 ? ` · recall ${recall.toFixed(3)}` : ''}`;
    return [
      `<text x="${nameWidth - 8}" y="${y + 12}" text-anchor="end"${isOurs ? ' font-weight="600"' : ''}>${escapeText(name)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'peer'}" x="${nameWidth}" y="${y + 2}" width="${length.toFixed(1)}" height="${lineHeight - 5}" rx="2"/>`,
      `<text x="${(nameWidth + length + 6).toFixed(1)}" y="${y + 12}" class="muted">${value}</text>`,
    ].join('');
  });
  return [`<text x="0" y="${top + 12}" font-weight="600">${escapeText(title)}</text>`, ...lines].join('\n');
}
