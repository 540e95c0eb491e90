import { hashOfFile } from '../work/ids.ts';

/** A file that a person asked with: its name in addresses, and where it is shown from. */
export interface AskedFile {
  file: File;
  url: string;
}

const files = new Map<string, AskedFile>();

/** Keeps a file for queries; answers with its name in addresses, which comes from its content. */
export async function keepAskedFile(file: File): Promise<string> {
  const key = (await hashOfFile(file)).slice(0, 16);
  if (!files.has(key)) files.set(key, { file, url: URL.createObjectURL(file) });
  return key;
}

/** The file of an address; `undefined` where this visit does not have it. */
export const askedFile = (key: string): AskedFile | undefined => files.get(key);
