import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { FilterNote } from '../../parts/filter-note.tsx';
import { NewOnes } from '../../parts/new-ones.tsx';
import { PictureRows } from '../../parts/picture-rows.tsx';
import { address, backToPictures, go, hrefOf } from '../../state/address.ts';
import { isLooking } from '../../state/library.ts';
import { type Picture, pictures } from '../../state/pictures.ts';
import { hasMoved, placeToRestore } from '../../state/places.ts';
import { queryTitle } from '../../state/query-parts.ts';
import {
  isComplete,
  isSearching,
  loadMore,
  noteSeenHit,
  queryKey,
  results,
  shownCount,
  shownHits,
  showWaiting,
  waitingCount,
} from '../../state/results.ts';
import { isReading } from '../../state/to-read.ts';
import { picturesTexts } from '../../texts/pictures.ts';
import { queryTexts } from '../../texts/query.ts';
import { DistanceSlider } from './distance-slider.tsx';
import { ExactCopies } from './exact-copies.tsx';
import { captionRem, HitCaption } from './hit-caption.tsx';
import { Marks } from './marks.tsx';
import { QueryChips } from './query-chips.tsx';
import { Skeleton } from './skeleton.tsx';
import { Summary } from './summary.tsx';

/** The pictures most like the query. */
export function ResultsView() {
  const text = queryTexts.value;
  const title = useRef<HTMLHeadingElement>(null);
  const here = address.value;
  const key = queryKey.value;
  const found = results.value;
  const known = pictures.value;
  // Whoever asked anew begins at the title; who comes back gets the place of before, who opens the page its beginning.
  useEffect(() => {
    if (hasMoved() && placeToRestore.peek()?.focused === undefined)
      title.current?.focus({ preventScroll: true });
  }, [key]);

  const hits = shownHits.value;
  const shown = useMemo(() => hits.map(({ id }): Picture => known.get(id)!), [hits, known]);
  // A list whose functions are the same draws only what has changed.
  const hrefOfHit = useCallback(({ id }: Picture) => hrefOf({ ...here, picture: id }), [here]);
  const choose = useCallback(({ id }: Picture) => go({ ...here, picture: id }), [here]);
  const caption = useCallback(
    ({ id }: Picture, index: number) => <HitCaption id={id} distance={hits[index]!.distance} />,
    [hits],
  );
  // After a reload the index tells of its pictures: before, nobody knows their shapes, and rows would move.
  const isKnown = known.size > 0 || !isLooking.value;
  const isOld = found !== undefined && found.key !== key;
  return (
    <section class="results" aria-labelledby="results-title" aria-busy={isSearching.value}>
      <div class="query">
        <button type="button" id="back" class="plain" onClick={backToPictures}>
          <span class="arrow" aria-hidden="true" />
          {text.back}
        </button>
        <h2 id="results-title" ref={title} tabIndex={-1}>
          <span class="unseen">{queryTitle.value}</span>
          <span aria-hidden="true">{text.mostLike}</span>
        </h2>
        <QueryChips />
        <DistanceSlider />
      </div>
      <div class="line">
        <Summary />
        <FilterNote all={picturesTexts.value.searchAll} />
        <ExactCopies />
      </div>
      <NewOnes
        count={waitingCount.value}
        about={text.newMatches(waitingCount.value)}
        action={text.showNew}
        show={() => void showWaiting()}
      />
      <div class={isOld ? 'hits old' : 'hits'}>
        {found && isKnown ? (
          <PictureRows
            // Another query is another list: it begins at its first picture.
            key={found.key}
            label={queryTitle.value}
            pictures={shown}
            list={`${here.maxDistance}`}
            total={shownCount.value === undefined ? undefined : shownCount.value - waitingCount.value}
            isPartial={!isComplete.value || isReading.value}
            captionRem={captionRem.value}
            hrefOf={hrefOfHit}
            choose={choose}
            caption={caption}
            marks={marks}
            nearEnd={loadMore}
            onSeen={noteSeen}
          />
        ) : (
          (found || isSearching.value) && <Skeleton />
        )}
        {found && !isComplete.value && <div class="more" aria-hidden="true" />}
      </div>
    </section>
  );
}

const noteSeen = ({ id }: Picture): void => noteSeenHit(id);
const marks = ({ id }: Picture, _: number, tabIndex: 0 | -1) => <Marks id={id} tabIndex={tabIndex} />;
