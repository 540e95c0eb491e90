import { effect, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { FilterNote } from '../../parts/filter-note.tsx';
import { NewOnes } from '../../parts/new-ones.tsx';
import { PictureRows } from '../../parts/picture-rows.tsx';
import { type Address, address, filterOf, go, hrefOf } from '../../state/address.ts';
import { search } from '../../state/library.ts';
import { drawn, mapping, missingOnMap, spotsInOrder, wasMapCancelled } from '../../state/map.ts';
import { indexedCount, type Picture, pictures } from '../../state/pictures.ts';
import { like } from '../../state/query-parts.ts';
import { running } from '../../state/tasks.ts';
import { mapTexts } from '../../texts/map.ts';
import { makeMap, showKeptMap } from '../../work/make-map.ts';
import { MapCanvas } from './map-canvas.tsx';

const find = (picture: Picture): void => go(like(picture, address.value));

/** All pictures, like ones near each other. */
export function MapView() {
  useEffect(drawWhenIdle, []);
  const isListOpen = useSignal(false);
  const text = mapTexts.value;
  const isThere = drawn.value !== undefined;
  if (pictures.value.size < 2) return <TooFew />;
  return (
    <section class="map-view" aria-labelledby="map-title" aria-busy={mapping.value !== undefined}>
      <div class="map-window">
        <div class={isThere ? 'map-head with-buttons' : 'map-head'}>
          <h2 id="map-title" tabIndex={-1}>
            {text.title}
          </h2>
          <Situation />
          <FilterNote />
        </div>
        <NewOnes
          id="draw-map"
          count={isThere && !mapping.value ? missingOnMap.value : 0}
          about={text.outdated(missingOnMap.value)}
          action={text.again}
          show={() => void makeMap()}
        />
        {isThere ? <MapCanvas choose={find} /> : <div class="map" />}
      </div>
      {isThere && (
        <details
          class="map-list"
          onToggle={({ currentTarget }) => {
            isListOpen.value = currentTarget.open;
          }}
        >
          <summary>{text.list}</summary>
          {isListOpen.value && (
            <PictureRows
              label={text.listLabel}
              pictures={spotsInOrder.value}
              hrefOf={(picture) => hrefOf(like(picture, address.value))}
              choose={find}
            />
          )}
        </details>
      )}
    </section>
  );
}

/** Shows the map of an earlier visit; without one, makes one as soon as nothing else is under way. */
function drawWhenIdle(): () => void {
  let looked: unknown;
  return effect(() => {
    const index = search.value;
    if (!index || drawn.value) return;
    if (looked !== index) {
      looked = index;
      void showKeptMap();
    }
    if (running.value !== undefined || indexedCount.value < 2 || wasMapCancelled.value) return;
    const timer = setTimeout(async () => {
      if (!(await showKeptMap())) void makeMap();
    }, 200);
    return () => clearTimeout(timer);
  });
}

function TooFew() {
  const text = mapTexts.value;
  const to: Address = { view: 'pictures', query: [], ...filterOf(address.value) };
  return (
    <section class="map-view" aria-labelledby="map-title">
      <h2 id="map-title" tabIndex={-1}>
        {text.title}
      </h2>
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
    </section>
  );
}

/** What is under way, or could be begun. */
function Situation() {
  const text = mapTexts.value;
  const start = (label: string) => (
    <button type="button" id="draw-map" onClick={() => void makeMap()}>
      {label}
    </button>
  );
  if (mapping.value)
    return <p class="quiet">{mapping.value === 'waiting' ? text.waiting : `${text.making}…`}</p>;
  if (drawn.value) return <p class="quiet about">{text.about}</p>;
  if (!search.value || indexedCount.value < 2) return <p class="quiet">{text.notReady}</p>;
  return wasMapCancelled.value ? <p class="situation">{start(text.start)}</p> : null;
}
