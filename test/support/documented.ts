import type { Block } from './markdown.ts';

/** A command that cannot run as it is written where tests run, and what runs in its place. */
export interface StandIn {
  /** The command, without the comment behind it. */
  line: RegExp;
  instead: (line: string, folder: string) => string;
  why: string;
}

/** All there are: whatever else is in the documents runs as written. */
export const standIns: StandIn[] = [
  {
    line: /^npx likeness-search serve\b/,
    instead: (line) => `${line} --port 0`,
    why: 'port 8080 may be taken where tests run',
  },
  {
    line: /^npx likeness-search model build vgg16$/,
    instead: (line) => `${line} --from vgg16.h5`,
    why: 'Keras’ weights are a download of 553 MB; a small file of the same layout is in the folder',
  },
  {
    line: /^npm run demo$/,
    instead: (line, folder) => `${line} -- --images ${folder}/photos --folder ${folder}/demo --port 0`,
    why: 'the pictures of the folder instead of 542; what an earlier demo made is left alone',
  },
  {
    line: /^npm test$/,
    instead: (line) => `${line} -- --node no-test-of-this-name`,
    why: 'the tests would run the tests; this one only sees that they start',
  },
];

/** What a block of TypeScript takes for granted, and what has to be true behind it. */
export interface Snippet {
  runs: 'node' | 'page';
  /** TypeScript before the block: what the reader has already. */
  given?: string;
  /** HTML of the page. */
  body?: string;
  /** TypeScript behind the block; throws when the answer is not right. `check` is there. */
  proves: string;
}

const findSimilar: Snippet[] = [
  {
    runs: 'page',
    body: ['beach/7', 'a', 'b', 'c', 'd', 'e', 'f', 'g']
      .map((name) => `<img src="photos/${name}.jpg" alt="${name}">`)
      .join(''),
    // Nothing in so few lines says when the pictures are indexed: it is clicked until something is found.
    proves: `
      document.title = '';
      for (let n = 0; document.title === '' && n < 300; n++) {
        document.querySelector<HTMLImageElement>('img[alt=c]')!.click();
        await new Promise((go) => setTimeout(go, 100));
      }
      check(document.title.split(', ').length === 6 && document.title.startsWith('c 0.000, '), document.title);`,
  },
];

const inLance: Snippet[] = [
  {
    runs: 'node',
    given: 'const vector = new Float32Array(512).fill(0.5);',
    proves: `
      check(exact && recall === null && hits.length === 1, JSON.stringify(hits));
      check(hits[0]?.id === 'a.jpg' && hits[0].distance === 0, JSON.stringify(hits));`,
  },
];

/** Every block of TypeScript, by document and heading, in the order of the blocks below that heading. */
export const snippets: Record<string, Snippet[]> = {
  'README.md › "Find similar" in a page': findSimilar,
  'README.zh.md › 在自己的页面中“查找相似图片”': findSimilar,
  'README.zh.md › 与那篇教程对照': [
    {
      runs: 'node',
      given: "const paths = ['photos/a.jpg', 'photos/b.jpg'];",
      proves: `
        const [first] = await search.query({ id: 'photos/a.jpg' });
        check(search.size === 2 && first?.id === 'photos/b.jpg', JSON.stringify(first));
        await search.close();`,
    },
  ],
  'README.md › Only the search': [
    {
      runs: 'node',
      given: `
        const vectors = Float32Array.from({ length: 2000 * 512 }, (_, n) => Math.sin(n * n) / 50);
        const queries = vectors.slice(7 * 512, 9 * 512);
        const year = Array.from({ length: 2000 }, (_, row) => (row % 2 === 0 ? 2024 : 2023));`,
      proves: `
        check(rows.length === distances.length && rows.includes(8) && !rows.includes(7), String(rows));
        check([...rows].every((row) => year[row] === 2024), String(rows));`,
    },
  ],
  'README.md › An index that stays': [
    {
      runs: 'page',
      given: `
        import { ImageSearch } from 'likeness-search';
        const blob = async (url: string): Promise<Blob> => (await fetch(url)).blob();
        const file = await blob('photos/a.jpg');
        const other = await blob('photo.jpg');`,
      proves: `
        check(hit?.id === 'a' && JSON.stringify(hit.meta) === '{"title":"Harbour"}', JSON.stringify(hit));
        check(copy.size > 4096, String(copy.size));`,
    },
  ],
  'README.md › Vectors in LanceDB': inLance,
  'README.zh.md › LanceDB 中的向量': inLance,
  'docs/static-sites.md › In a program': [
    {
      runs: 'node',
      proves: `
        check(summary.pictures === 2 && summary.failed.length === 0, JSON.stringify(summary));`,
    },
  ],
  'docs/static-sites.md › Its events': [
    {
      runs: 'page',
      body: '<likeness-similar src="harbour.jpg" k="2"></likeness-similar>',
      proves: `
        const element = document.querySelector('likeness-similar')!;
        for (let n = 0; element.results.length === 0 && n < 300; n++) await new Promise((go) => setTimeout(go, 100));
        check(element.results.length === 2, String(element.results.length));`,
    },
  ],
  'docs/static-sites.md › Which pictures': [
    {
      runs: 'page',
      body: '<likeness-search></likeness-search>',
      proves: `
        check(search.getAttribute('exclude') === '["boots/17.jpg"]', String(search.getAttribute('exclude')));
        check(JSON.stringify(search.filter) === '{"meta":{"kind":"boots","year":{"min":"2020"}}}', JSON.stringify(search.filter));`,
    },
  ],
  'docs/troubleshooting.md › Troubleshooting': [
    {
      runs: 'node',
      given: `
        import { ImageSearch } from 'likeness-search';
        const search = await ImageSearch.open();
        const items = [
          { id: 'a', image: 'photos/a.jpg' },
          { id: 'b', image: new Blob(['no picture']) },
        ];`,
      proves: `
        const codes = failed.map(({ error }) => error.code).join();
        check(search.size === 1 && codes === 'bad-image', codes);
        await search.close();`,
    },
  ],
  'docs/python.md › Features made in Python, searched here': [
    {
      runs: 'page',
      proves: `check(hits.length === ids.length && hits[0]!.distance >= 0, JSON.stringify(hits));`,
    },
  ],
};

/** What examples of docs/api.md take for granted, as declarations: a reader has a picture, vectors, an index. */
export const exampleGlobals = `
import type * as all from 'likeness-search';
import type * as knn from 'likeness-search/knn';
import type * as page from 'likeness-search/web/likeness.js';
import type * as lance from 'likeness-search/lance';
import type * as site from 'likeness-search/site';
declare global {
  const ImageSearch: typeof all.ImageSearch;
  const FlatIndex: typeof knn.FlatIndex;
  const LanceIndex: typeof lance.LanceIndex;
  const buildSite: typeof site.buildSite;
  const LikenessError: typeof all.LikenessError;
  const blobFile: typeof all.blobFile, bytesFile: typeof all.bytesFile;
  const listIndexes: typeof all.listIndexes, deleteIndex: typeof all.deleteIndex;
  const listModels: typeof page.listModels, deleteModel: typeof page.deleteModel, modelInfo: typeof page.modelInfo;
  const parseNpy: typeof all.parseNpy, parseNpyMatrix: typeof all.parseNpyMatrix, encodeNpy: typeof all.encodeNpy;
  const openNpyRows: typeof all.openNpyRows, openNpz: typeof all.openNpz, readNpz: typeof all.readNpz;
  type MetaFilter = all.MetaFilter;
  const search: all.ImageSearch;
  const file: File, fileA: File, fileB: File;
  const files: File[];
  const link: HTMLAnchorElement;
  const signal: AbortSignal;
  const index: knn.FlatIndex;
  const vector: Float32Array, vectors: Float32Array, queries: Float32Array;
  const bytes: Uint8Array;
  const show: (...what: unknown[]) => void;
}`;

/** Sections of docs/static-sites.md that show a project, and its folder in `examples`. */
export const recipes: Record<string, string> = {
  'Plain HTML': 'plain',
  Eleventy: 'eleventy',
  Astro: 'astro',
  Vite: 'vite',
  'Next, static export': 'next',
};

/** The project that a block of a document shows. */
export const exampleOf = ({ place }: Block): string | undefined => {
  const [file, heading] = place.split(' › ') as [string, string];
  return file === 'docs/static-sites.md' ? recipes[heading] : undefined;
};
