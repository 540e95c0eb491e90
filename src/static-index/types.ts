export interface StaticEntry {
  format: 'likeness-site';
  version: 1;
  count: number;
  k: number;
  whole: number;
  root: string;
  base: string;
  small: { size: number };
  parts: string;
  table: string;
  tableSeed: number;
  tableBits: number;
  tableSize: number;
  records: string;
  search?: string;
}
export interface SimilarPart {
  cards: Card[];
  pictures: Similar[];
}
export type Card = [
  row: number,
  id: string,
  small: string,
  width: number,
  height: number,
  label: string,
  page: string,
];
export type Similar = [card: number, aliases: string[], rows: number[], distances: number[]];
export interface SiteRecord {
  id: string;
  small: string;
  width: number;
  height: number;
  places: { page: string; alt?: string; caption?: string; title?: string }[];
  meta?: Record<string, string>;
}
export interface StaticSearch {
  dimension: number;
  count: number;
  fingerprint: string;
  model: { folder: string | null; bytes: number };
  lib: string;
  codes: { file: string; bytes: number; sha256: string; rows: number }[];
  rows: { file: string; bytes: number; sha256: string }[];
}
