import { address } from '../../state/address.ts';
import { filterKey } from '../../state/filter-now.ts';
import { results, resultsNotice, shownCount } from '../../state/results.ts';
import { running } from '../../state/tasks.ts';
import { formatDistance } from '../../texts/language.ts';
import { queryTexts } from '../../texts/query.ts';

/** How many pictures there are, or why there are none. */
export function Summary() {
  const notice = resultsNotice.value;
  return (
    <p id="results-summary" role={notice === undefined ? undefined : 'status'}>
      {notice ?? summaryText()}
    </p>
  );
}

function summaryText(): string {
  const text = queryTexts.value;
  const count = shownCount.value;
  const { maxDistance } = address.value;
  if (!results.value) return text.searching;
  if (count === undefined) return '\u00a0'; // the room of the number
  if (count === 0 && maxDistance === undefined && running.value) return text.notYet;
  if (maxDistance === undefined)
    return count === 0 ? (filterKey.value === '' ? text.none : text.noneAmong) : text.hits(count);
  const distance = formatDistance(maxDistance);
  return count === 0 ? text.noneWithin(distance) : text.hitsWithin(count, distance);
}
