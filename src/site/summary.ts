import type { PassedOverReason } from './scan/scan.ts';

/** The kinds of files in a site's `likeness/`. */
export type SiteFileKind =
  | 'entry'
  | 'similar'
  | 'records'
  | 'small'
  | 'scripts'
  | 'search'
  | 'codes'
  | 'rows'
  | 'library'
  | 'model';

/** What `buildSite` did. */
export interface SiteSummary {
  /** The folder that was written, as it was named: `dist/likeness`. */
  output: string;
  /** Whether nothing was written, as it was asked for. */
  dryRun: boolean;
  /** Pages that were read. */
  pages: number;
  /** Pictures in the index. */
  pictures: number;
  /** Pictures that the network saw now. */
  extracted: number;
  /** Pictures that were in the cache, or are copies of others. */
  reused: number;
  /** Beside the index that was there. */
  added: number;
  changed: number;
  removed: number;
  /** Pictures that cannot be read, and why. */
  failed: { id: string; message: string }[];
  /** Pictures that are left out, by reason. */
  passedOver: Partial<Record<PassedOverReason, number>>;
  /** Files that pages name and that are not there, or lie outside of the folder; paths within the site. */
  missing: string[];
  /** Pages, links and folders of the site that are not read, and why. */
  unread: { path: string; message: string }[];
  /** Bytes of all files of the index. */
  bytes: Record<SiteFileKind, number>;
  totalBytes: number;
  files: { written: number; writtenBytes: number; kept: number; removed: number };
  /** What a visitor's browser loads, in bytes as the files are: servers may compress scripts. */
  visitor: {
    /** Script, entry and the largest part of similar lists. */
    firstSimilar: number;
    /** Script, entry, library, model and codes; `undefined` without search. */
    firstSearch: number | undefined;
  };
  /** The model's fingerprint. */
  model: string;
  /** Of the network; 0 where every picture was in the cache. */
  threads: number;
  seconds: number;
  /** What went wrong and did no harm: a cache that cannot be written. */
  warnings: string[];
}

const kinds: readonly [SiteFileKind, RegExp][] = [
  ['entry', /^index\.json$/],
  ['similar', /^similar-[^/]+\.bin$/],
  ['records', /^records-/],
  ['small', /^small\//],
  ['scripts', /^(similar|search)\.js$/],
  ['search', /^search-[^/]+\.json$/],
  ['codes', /^codes-/],
  ['rows', /^rows-/],
  ['library', /^lib-/],
  ['model', /^model-/],
];

/** What the files of an index are, by kind; and what visitors load of them. */
export class Sizes {
  readonly bytes = Object.fromEntries(kinds.map(([kind]) => [kind, 0])) as Record<SiteFileKind, number>;
  #similarScript = 0;
  #searchScript = 0;
  #largestSimilar = 0;
  #library = 0;

  add(name: string, byteLength: number): void {
    const [kind] = kinds.find(([, pattern]) => pattern.test(name))!;
    this.bytes[kind] += byteLength;
    if (kind === 'similar') this.#largestSimilar = Math.max(this.#largestSimilar, byteLength);
    if (name === 'similar.js') this.#similarScript = byteLength;
    if (name === 'search.js') this.#searchScript = byteLength;
    // Decoders and the threads of a search are loaded when they are needed.
    if (/^lib-[^/]+\/likeness(?!-knn-worker)[^/]*\.js$/.test(name)) this.#library += byteLength;
  }

  get total(): number {
    return Object.values(this.bytes).reduce((sum, bytes) => sum + bytes, 0);
  }

  visitor(search: boolean): SiteSummary['visitor'] {
    const { entry, search: json, model, codes } = this.bytes;
    return {
      firstSimilar: this.#similarScript + entry + this.#largestSimilar,
      firstSearch: search ? this.#searchScript + entry + json + this.#library + model + codes : undefined,
    };
  }
}
