/** The right to write, until it is released or its process or tab ends. */
export interface StoreLock {
  /** Throws `locked` where the lock was lost. */
  check(): Promise<void>;
  release(): Promise<void>;
}
