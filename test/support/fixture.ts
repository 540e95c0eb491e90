/** Bytes of a file of this repository, in Node and in the tests' page alike. `path` is relative to the root. */
export async function readRepositoryFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof document !== 'undefined') {
    const response = await fetch(`/${path}`);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(`${process.env.LIKENESS_ROOT ?? '.'}/${path}`));
}

/** Bytes of test/fixtures/`name`. */
export const readFixture = (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  readRepositoryFile(`test/fixtures/${name}`);
