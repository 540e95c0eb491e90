/** What opening an index left out. */
export interface Dropped {
  /** Behind the last whole commit. */
  bytes: number;
  /** Commits that are known to have been begun and are not there whole. */
  commits: number;
  reason: string;
}
