import { folderOf } from '../../state/pictures.ts';
import { results } from '../../state/results.ts';
import { formatBytes, formatDate, formatDistance } from '../../texts/language.ts';
import { queryTexts } from '../../texts/query.ts';
import { viewerTexts } from '../../texts/viewer.ts';
import type { Subject } from './subject.ts';
import type { Reading } from './use-original.ts';

/** Folder, size in pixels and bytes, date and distance of a picture, as far as they are known. */
export function Facts({ subject, reading }: { subject: Subject; reading: Reading }) {
  const { part, picture, file } = subject;
  const original = reading.state === 'ready' ? reading.original : undefined;
  const { width, height } = original ?? picture ?? {};
  const byteLength = original?.byteLength ?? picture?.byteLength ?? file?.size;
  const modified = picture?.modified;
  const hit = 'id' in part ? results.value?.hits.find(({ id }) => id === part.id) : undefined;
  const facts = [
    'id' in part && folderOf(part.id),
    hit && queryTexts.value.distance(formatDistance(hit.distance)),
    width && height && viewerTexts.value.pixels(width, height),
    byteLength && formatBytes(byteLength),
    modified && formatDate(modified),
  ];
  return <p class="facts quiet">{facts.filter((fact) => fact).join(' · ')}</p>;
}
