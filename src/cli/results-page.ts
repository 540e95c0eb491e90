import { createHash } from 'node:crypto';
import type { DuplicateGroup, Hit } from '../engine/types.ts';
import { bytesOf } from '../image/bytes.ts';
import { decode } from '../image/decode.node.ts';
import { smallWebp } from '../image/small.ts';
import { readImage } from '../image/source.node.ts';
import { generatedBy } from '../output/place.node.ts';
import { printable } from './print.ts';

export interface ResultsPageInput {
  /** Path of the query picture, as for `pathOf`; none when the query was a vector. */
  query?: (() => string) | undefined;
  queryName: string;
  hits: readonly Hit[];
  /** Path of a hit's picture. If it throws, the message is shown instead. */
  pathOf(id: string): string;
}

/** Pictures that are decoded at once: a photograph may take 100 MB then. */
const atOnce = 4;

const style = `
  :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 1200px; padding: 24px 20px 48px; background: light-dark(#fbfaf8, #16171a); color: light-dark(#1d1e20, #e9e7e3); }
  header { display: flex; gap: 20px; align-items: center; margin-bottom: 24px; }
  header figure { width: 200px; flex: none; }
  h1 { font-size: 22px; margin: 0 0 4px; font-weight: 600; overflow-wrap: anywhere; }
  h2 { grid-column: 1 / -1; font-size: 15px; margin: 12px 0 -6px; font-weight: 600; }
  p { margin: 0; color: light-dark(#65676b, #a2a5ab); }
  main { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 14px; }
  figure { margin: 0; min-width: 0; }
  figure > :first-child { box-sizing: border-box; display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 8px; background: light-dark(#eceae6, #26282c); }
  figure > p { padding: 10px 12px; font-size: 12px; overflow: auto; overflow-wrap: anywhere; }
  figcaption { font-size: 13px; padding: 5px 2px 0; display: flex; flex-wrap: wrap; gap: 0 7px; font-variant-numeric: tabular-nums; }
  figcaption i { font-style: normal; flex: 1 0 100%; color: light-dark(#65676b, #a2a5ab); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  @media (max-width: 820px) { main { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
  @media (max-width: 480px) { main { grid-template-columns: repeat(2, minmax(0, 1fr)); } header figure { width: 120px; } }
`;

/** Nothing but the pictures and the style that are in the page itself. */
const policy = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/**
 * The answer as one self-contained HTML page: the query, then the hits in rows of six (30 make the tutorial's 5 × 6 grid)
 * with rank and distance. Pictures are in the file, up to 320 pixels a side; one that cannot be shown says why.
 */
export async function resultsPage({ query, queryName, hits, pathOf }: ResultsPageInput): Promise<string> {
  const figures: string[] = [];
  for (let first = 0; first < hits.length; first += atOnce) {
    const some = hits.slice(first, first + atOnce).map(({ id, distance }, n) => {
      const caption = `<b>${first + n + 1}</b> <span>${distance.toFixed(4)}</span>`;
      return figure(() => pathOf(id), id, caption);
    });
    figures.push(...(await Promise.all(some)));
  }
  const asked = query === undefined ? '' : await figure(query, queryName, '<b>query</b>');
  return pageOf({
    title: `Nearest to ${queryName}`,
    note: `${hits.length} pictures by Euclidean distance of their normalised features, nearest first`,
    before: asked,
    body: figures.join('\n'),
  });
}

/** Groups of near-duplicates, side by side, the best picture first, in a page as that of {@link resultsPage}. */
export async function duplicatesPage({
  groups,
  maxDistance,
  pathOf,
}: {
  groups: readonly DuplicateGroup[];
  maxDistance: number;
  pathOf(id: string): string;
}): Promise<string> {
  const parts: string[] = [];
  for (const [n, { pictures }] of groups.entries()) {
    parts.push(`<h2>${n + 1}</h2>`);
    for (let first = 0; first < pictures.length; first += atOnce) {
      const some = pictures.slice(first, first + atOnce).map(({ id, distance, ...size }) => {
        const pixels = size.width === undefined ? '' : ` <span>${size.width} × ${size.height}</span>`;
        const bytes = size.byteLength === undefined ? '' : ` <span>${size.byteLength} bytes</span>`;
        return figure(() => pathOf(id), id, `<span>${distance.toFixed(4)}</span>${pixels}${bytes}`);
      });
      parts.push(...(await Promise.all(some)));
    }
  }
  return pageOf({
    title: 'Near-duplicates',
    note: `${groups.length} groups of pictures that are up to ${maxDistance} from each other; the best picture of a group first, then how far the others are from it`,
    body: parts.join('\n'),
  });
}

function pageOf({
  title,
  note,
  before = '',
  body,
}: {
  title: string;
  note: string;
  before?: string;
  body: string;
}): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${generatedBy}
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<header>
${before}<div><h1>${escapeHtml(title)}</h1><p>${note}</p></div>
</header>
<main>
${body}
</main>
</html>
`;
}

async function figure(path: () => string, name: string, caption: string): Promise<string> {
  const shown = escapeHtml(name);
  let image: string;
  let where = '';
  try {
    where = path();
    image = `<img src="${await thumbnail(where)}" alt="${shown}">`;
  } catch (error) {
    // The page may be given to others: it has no paths of this machine.
    const why =
      where === '' ? (error as Error).message : (error as Error).message.replaceAll(where, 'its file');
    image = `<p>Cannot be shown: ${escapeHtml(why)}</p>`;
  }
  return `<figure>${image}<figcaption>${caption} <i title="${shown}">${shown}</i></figcaption></figure>`;
}

/** Text in HTML, with control characters made visible. */
function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Pixels of the longer side. */
const side = 320;
const quality = 80;

/** A picture as a `data:` URL of a small WebP file: browsers may not know its own format. */
async function thumbnail(path: string): Promise<string> {
  const source = await readImage(path);
  const pixels = 'width' in source ? source : await decode(await bytesOf(source), { orient: true });
  const file = await smallWebp(pixels, { side, quality });
  return `data:image/webp;base64,${Buffer.from(file).toString('base64')}`;
}
