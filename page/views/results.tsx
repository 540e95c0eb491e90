import { PictureRows } from '../parts/picture-rows.tsx';
import { type AskedPart, address, back, go, hrefOf } from '../state/address.ts';
import { askedFile } from '../state/asked-files.ts';
import { nameOf, pictures } from '../state/pictures.ts';
import { isSearching, results, resultsError } from '../state/results.ts';
import { formatDistance } from '../texts/language.ts';
import { queryTexts } from '../texts/query.ts';

/** How a part of a query is called. */
export const partName = (part: AskedPart): string =>
  'id' in part ? nameOf(part.id) : (askedFile(part.file)?.file.name ?? '');

/** The pictures most like the query. */
export function ResultsView() {
  const text = queryTexts.value;
  const { query } = address.value;
  const found = results.value;
  const known = pictures.value;
  const hits = found?.hits ?? [];
  const shown = hits.map(({ id }) => known.get(id) ?? { id, url: '', thumbnail: '', indexed: true });
  return (
    <section aria-labelledby="results-title" aria-busy={isSearching.value}>
      <button type="button" id="back" onClick={() => back({ view: 'pictures', query: [] })}>
        {text.back}
      </button>
      <h2 id="results-title" tabIndex={-1}>
        {text.mostLike(query.map(partName).join(', '))}
      </h2>
      <p id="results-summary">
        {resultsError.value ??
          (found ? text.hits(hits.length) : isSearching.value ? text.searching : text.notYet)}
      </p>
      <PictureRows
        label={text.mostLike(query.map(partName).join(', '))}
        pictures={shown}
        captionHeight={24}
        hrefOf={({ id }) => hrefOf({ ...address.value, picture: id })}
        choose={({ id }) => go({ ...address.value, picture: id })}
        caption={(_, index) => <span class="distance">{formatDistance(hits[index]!.distance)}</span>}
      />
    </section>
  );
}
