import { distancesFrom } from '../../state/duplicates.ts';
import { folderOf, type Picture } from '../../state/pictures.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { formatBytes, formatDate, formatDistance } from '../../texts/language.ts';

export type FactName = 'pixels' | 'bytes' | 'folder' | 'date' | 'distance';

/** Something about a picture of a group. */
export interface Fact {
  name: FactName;
  /** `''` where it is not known. */
  text: string;
  /** Whether it is not as the best picture's. */
  differs: boolean;
}

const unknown = '—';

/** What is known of a picture, always in this order: pictures side by side can be compared line by line. */
export function factsOf(picture: Picture, best: Picture): Fact[] {
  const mine = plainFacts(picture);
  const its = plainFacts(best);
  const facts: Fact[] = mine.map(({ name, text }, at) => ({ name, text, differs: text !== its[at]!.text }));
  const text = distanceText(picture, best);
  facts.push({ name: 'distance', text, differs: text !== '' && text !== duplicatesTexts.value.sameFile });
  return facts;
}

function plainFacts({ id, width, height, byteLength, modified }: Picture): Omit<Fact, 'differs'>[] {
  const text = duplicatesTexts.value;
  return [
    { name: 'folder', text: folderOf(id) || text.topFolder },
    { name: 'pixels', text: width && height ? text.pixels(width, height) : unknown },
    { name: 'bytes', text: byteLength === undefined ? unknown : formatBytes(byteLength) },
    { name: 'date', text: modified === undefined ? unknown : formatDate(modified) },
  ];
}

export const isSameFile = ({ hash, id }: Picture, other: Picture): boolean =>
  id !== other.id && hash !== undefined && hash === other.hash;

function distanceText(picture: Picture, best: Picture): string {
  if (picture.id === best.id) return '';
  if (isSameFile(picture, best)) return duplicatesTexts.value.sameFile;
  const distance = distancesFrom.value.get(best.id)?.get(picture.id);
  return distance === undefined ? '' : duplicatesTexts.value.distance(formatDistance(distance));
}
