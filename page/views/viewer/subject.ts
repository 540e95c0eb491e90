import type { Region } from 'likeness-search';
import { type AskedPart, address, go, withoutPicture } from '../../state/address.ts';
import { askedFile } from '../../state/asked-files.ts';
import { nameOf, type Picture, pictures } from '../../state/pictures.ts';

/** A picture that is looked at: one of the index, or a file that was asked with. */
export interface Subject {
  /** How an address names it. */
  part: { id: string } | { file: string };
  name: string;
  /** Where the whole picture is; `''` where it is not at hand. */
  url: string;
  thumbnail: string;
  file?: File;
  /** Of the index. */
  picture?: Picture;
}

export function subjectOf(part: { id: string } | { file: string }): Subject {
  if ('id' in part) {
    const picture = pictures.value.get(part.id);
    const { url = '', thumbnail = '', file } = picture ?? {};
    return {
      part: { id: part.id },
      name: nameOf(part.id),
      url,
      thumbnail,
      ...(file && { file }),
      ...(picture && { picture }),
    };
  }
  const asked = askedFile(part.file);
  return {
    part: { file: part.file },
    name: asked?.file.name ?? '',
    url: asked?.url ?? '',
    thumbnail: '',
    ...(asked && { file: asked.file }),
  };
}

export const keyOf = ({ part }: Subject): string => ('id' in part ? `id ${part.id}` : `file ${part.file}`);

/** Searches for the pictures like this one, or like a part of it. */
export function searchWith({ part }: Subject, region?: Region): void {
  // Another query has other distances.
  const { maxDistance: _, ...rest } = withoutPicture(address.value);
  const asked: AskedPart = { ...part, weight: 1, ...(region && { region }) };
  go({ ...rest, view: 'pictures', query: [asked] });
}
