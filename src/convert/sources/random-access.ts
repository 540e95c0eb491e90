/** Bytes that are read where they are wanted, e.g. of an open file. */
export interface RandomAccess {
  byteLength: number;
  /**
   * @returns exactly `length` bytes from `offset` on; the caller does not write to them
   * @throws LikenessError `bad-file` when they are not there
   */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Bytes in memory as a file; what is read are views of them. */
export function bytesAsFile(bytes: Uint8Array): RandomAccess {
  return {
    byteLength: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    close() {},
  };
}
