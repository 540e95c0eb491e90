import sharp from 'sharp';
import { LikenessError } from '../errors.ts';
import type { Hit } from '../types.ts';

/** A picture of the page: bytes or a path, and what stands under it. */
export interface ResultsPageInput {
  /** Path of the query picture; none when the query was a vector. */
  query?: string | undefined;
  queryName: string;
  hits: readonly Hit[];
  /** Path of a hit's picture. */
  pathOf(id: string): string;
}

/**
 * The answer as one self-contained HTML page: the query, then its nearest in rows of six (30 make the tutorial's 5 × 6
 * grid), each with rank and distance. The pictures are inside the file, at most 320 pixels a side.
 */
export async function resultsPage({ query, queryName, hits, pathOf }: ResultsPageInput): Promise<string> {
  const figures = await Promise.all(
    hits.map(async ({ id, distance }, rank) =>
      figure(await thumbnail(pathOf(id)), id, `<b>${rank + 1}</b> <span>${distance.toFixed(4)}</span>`),
    ),
  );
  const asked = query === undefined ? '' : figure(await thumbnail(query), queryName, '<b>query</b>');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nearest to ${escapeHtml(queryName)}</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 1200px; padding: 24px 20px 48px; background: light-dark(#fbfaf8, #16171a); color: light-dark(#1d1e20, #e9e7e3); }
  header { display: flex; gap: 20px; align-items: center; margin-bottom: 24px; }
  header figure { width: 200px; flex: none; }
  h1 { font-size: 22px; margin: 0 0 4px; font-weight: 600; overflow-wrap: anywhere; }
  p { margin: 0; color: light-dark(#65676b, #a2a5ab); }
  main { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 14px; }
  figure { margin: 0; min-width: 0; }
  img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 8px; background: light-dark(#eceae6, #26282c); }
  figcaption { font-size: 13px; padding: 5px 2px 0; display: flex; flex-wrap: wrap; gap: 0 7px; font-variant-numeric: tabular-nums; }
  figcaption i { font-style: normal; flex: 1 0 100%; color: light-dark(#65676b, #a2a5ab); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  @media (max-width: 820px) { main { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
  @media (max-width: 480px) { main { grid-template-columns: repeat(2, minmax(0, 1fr)); } header figure { width: 120px; } }
</style>
<header>
${asked}<div><h1>Nearest to ${escapeHtml(queryName)}</h1><p>${hits.length} pictures by Euclidean distance of their normalised features, nearest first</p></div>
</header>
<main>
${figures.join('\n')}
</main>
</html>
`;
}

function figure(image: string, name: string, caption: string): string {
  return `<figure><img src="${image}" alt="${escapeHtml(name)}"><figcaption>${caption} <i title="${escapeHtml(name)}">${escapeHtml(name)}</i></figcaption></figure>`;
}

async function thumbnail(path: string): Promise<string> {
  try {
    const bytes = await sharp(path)
      .rotate()
      .resize(320, 320, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 82 })
      .toBuffer();
    return `data:image/jpeg;base64,${bytes.toString('base64')}`;
  } catch (error) {
    throw new LikenessError(
      'bad-image',
      `${path} cannot be shown: ${(error as Error).message.split('\n')[0]}`,
    );
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
