import { computed } from '@preact/signals';
import { queryTexts } from '../texts/query.ts';
import { type Address, type AskedPart, address, filterOf } from './address.ts';
import { askedFile } from './asked-files.ts';
import { nameOf, type Picture, pictures } from './pictures.ts';

/** How a part of a query is called. */
export const partName = (part: AskedPart): string =>
  'id' in part ? nameOf(part.id) : (askedFile(part.file)?.file.name ?? queryTexts.value.aPicture);

/** A part of a query as a picture to be shown. */
export function partPicture(part: AskedPart): Picture {
  if ('id' in part)
    return pictures.value.get(part.id) ?? { id: part.id, url: '', thumbnail: '', indexed: true };
  const asked = askedFile(part.file);
  const name = partName(part);
  return asked
    ? { id: name, url: asked.url, thumbnail: '', file: asked.file, indexed: false }
    : { id: name, url: '', thumbnail: '', indexed: false };
}

/** Tells parts apart: a part is a picture, or a region of one. */
export const partKey = (part: AskedPart): string =>
  JSON.stringify(['id' in part ? part.id : null, 'file' in part ? part.file : null, part.region ?? null]);

/** A query with one more part; one that has it with the other sign changes it. */
export function withPart(query: readonly AskedPart[], part: AskedPart): AskedPart[] {
  const key = partKey(part);
  const at = query.findIndex((one) => partKey(one) === key);
  return at === -1 ? [...query, part] : query.with(at, part);
}

/** The address of a query for what is like one picture, among those that the filter of an address leaves. */
export const like = ({ id }: Picture, from: Address): Address => ({
  view: 'pictures',
  query: [{ id, weight: 1 }],
  ...filterOf(from),
});

/** The query in words. */
export const queryTitle = computed(() => {
  const { query } = address.value;
  const names = (weight: 1 | -1): string[] => query.filter((part) => part.weight === weight).map(partName);
  return queryTexts.value.title(names(1), names(-1));
});
