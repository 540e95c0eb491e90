import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { FilterNote } from '../../parts/filter-note.tsx';
import { NewOnes } from '../../parts/new-ones.tsx';
import { type Address, address, filterOf, go, hrefOf } from '../../state/address.ts';
import { compared, comparing, groups, isOutdated, wasCancelled } from '../../state/duplicates.ts';
import { search } from '../../state/library.ts';
import { indexedCount, pictures } from '../../state/pictures.ts';
import { running } from '../../state/tasks.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { findDuplicates } from '../../work/find-duplicates.ts';
import { GroupList } from './group-list.tsx';
import { MarkedBar } from './marked-bar.tsx';
import { summary, Threshold } from './threshold.tsx';

/** Groups of near-duplicates; the person marks what to delete. */
export function DuplicatesView() {
  useEffect(compareWhenIdle, []);
  const text = duplicatesTexts.value;
  const isThere = compared.value !== undefined;
  return (
    <section class="duplicates" aria-labelledby="duplicates-title" aria-busy={comparing.value !== undefined}>
      <h2 id="duplicates-title" tabIndex={-1}>
        {text.title}
      </h2>
      <p class="unseen" role="status">
        {comparing.value ? text.comparing : isThere ? summary() : ''}
      </p>
      {pictures.value.size < 2 ? (
        <TooFew />
      ) : (
        <>
          <p class="quiet">{text.about}</p>
          <FilterNote />
          {isThere && <Threshold />}
          <Situation />
          <NewOnes
            id="compare"
            count={isOutdated.value && !comparing.value ? 1 : 0}
            about={text.outdated}
            action={text.again}
            show={() => void findDuplicates()}
          />
          {isThere && groups.value.length === 0 && (
            <div class="empty">
              <p>{text.none}</p>
              <p class="quiet">{text.noneHint}</p>
            </div>
          )}
          {groups.value.length > 0 && (
            <>
              <GroupList />
              <MarkedBar />
            </>
          )}
        </>
      )}
    </section>
  );
}

/** Begins by itself, once nothing else is under way: the index may still be opened or filled. */
function compareWhenIdle(): () => void {
  return effect(() => {
    const isIdle = search.value !== undefined && running.value === undefined && indexedCount.value >= 2;
    if (!isIdle || compared.value || wasCancelled.value) return;
    const timer = setTimeout(() => void findDuplicates(), 200);
    return () => clearTimeout(timer);
  });
}

function TooFew() {
  const text = duplicatesTexts.value;
  const to: Address = { view: 'pictures', query: [], ...filterOf(address.value) };
  return (
    <div class="empty">
      <p>{text.tooFew}</p>
      <a
        class="button"
        href={hrefOf(to)}
        onClick={(event) => {
          event.preventDefault();
          go(to);
        }}
      >
        {text.toPictures}
      </a>
    </div>
  );
}

/** What is under way, or could be begun. */
function Situation() {
  const text = duplicatesTexts.value;
  const start = (label: string) => (
    <button type="button" id="compare" onClick={() => void findDuplicates()}>
      {label}
    </button>
  );
  if (comparing.value) {
    return <p class="situation">{comparing.value === 'waiting' ? text.waiting : text.comparing}…</p>;
  }
  if (compared.value) return null;
  if (!search.value || indexedCount.value < 2) return <p class="situation">{text.notReady}</p>;
  return <p class="situation">{start(text.start)}</p>;
}
