/** An index that is kept here. */
export interface StoredIndexInfo {
  /** What `open` and `deleteIndex` take. */
  store: string;
  byteLength: number;
}
