/**
 * What a static site holds in its folder `likeness/`: docs/SITE.md. A picture's id is its path within the site; its row is
 * its number in the order of ids by code units.
 */

/** `index.json`: the entry, by which all else is found. */
export interface StaticEntry {
  format: 'likeness-site';
  version: 1;
  /** Pictures. */
  count: number;
  /** Neighbours of a picture: min(k, count − 1) are there. */
  k: number;
  /** So many of them, the nearest, have their cards in the same part as a rule; the cards of others are made of records. */
  whole: number;
  /** From the folder to the site's root: '../'. */
  root: string;
  /** The path below which pages name the site's files: '/', '/blog/'. */
  base: string;
  /** The longest side of small pictures, in pixels. */
  small: { size: number };
  /** Base64 of 6 bytes each: the names of the parts `similar-<name>.bin`. */
  parts: string;
  /** Base64 of a static function from ids and aliases to parts: `tableSize` values of `tableBits` bits, lowest bits first. */
  table: string;
  tableSeed: number;
  tableBits: number;
  tableSize: number;
  /** Base64 of 6 bytes each: the names of `records-<name>.bin`. */
  records: string;
  /** The name of `search-<name>.json`, where there is one. */
  search?: string;
}

/** `similar-<name>.bin`, packed: the lists of some pictures. */
export interface SimilarPart {
  cards: Card[];
  pictures: Similar[];
}

/** What is shown of a picture. `small` is '' where there is none; `page` is '' for the site's first page. */
export type Card = [
  row: number,
  id: string,
  small: string,
  width: number,
  height: number,
  label: string,
  page: string,
];

/**
 * A picture's list: its own card's place among the cards; other paths of it; the rows of its neighbours, nearest first;
 * their distances in units of 2⁻¹⁵, the first as it is, of the others what is added.
 */
export type Similar = [card: number, aliases: string[], rows: number[], distances: number[]];

/** Rows of a file of records. */
export const recordsPerFile = 64;

/** Of `records-<name>.bin`, packed: a list of so many rows. */
export interface SiteRecord {
  id: string;
  small: string;
  /** Of the picture itself, in pixels. */
  width: number;
  height: number;
  /** Where it is shown. `page` is a path within the site. */
  places: { page: string; alt?: string; caption?: string; title?: string }[];
  /** Its attributes `data-likeness-…`. */
  meta?: Record<string, string>;
}

/** A file by content, of which a part may be read. */
export interface StaticFile {
  /** Below the folder. */
  file: string;
  bytes: number;
  /** Of the bytes as stored. */
  sha256: string;
  /** Of the same: for a page that is served without https, which has no SHA-256. */
  crc32: number;
}

/** `search-<name>.json`: what a search with a picture of one's own needs. */
export interface StaticSearch {
  /** d. */
  dimension: number;
  /** n. */
  count: number;
  /** Of the model that made the features. */
  fingerprint: string;
  /** A folder below this one, or a URL; null where the site has no model. `bytes` of all its files. */
  model: { folder: string | null; bytes: number };
  /** The folder with the library. */
  lib: string;
  /** Packed: the panels of up to 4096 rows as `FlatIndex.quantised` gives them, then the CRC-32 of each full row. */
  codes: (StaticFile & { rows: number })[];
  /** Up to 128 full rows each: d float32 a row. */
  rows: StaticFile[];
}

/** Full rows of a file `rows-…`. */
export const rowsPerFile = 128;
/** Rows of a file `codes-…`. */
export const rowsPerCodes = 4096;
