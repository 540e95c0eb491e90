/** LanceDB's own log goes to stderr, between our lines; of what fails for good, its error tells. */
export function quietEngine(): void {
  process.env.LANCEDB_LOG ??= 'error';
}
