import type { Region } from 'likeness-search';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { middleOf } from '../../state/region.ts';
import { viewerTexts } from '../../texts/viewer.ts';
import type { Original } from '../../work/original.ts';
import { HeatMap, HeatNote } from './heat.tsx';
import { placeOf, RegionBox } from './region-box.tsx';
import { type Subject, searchWith } from './subject.ts';
import { useBoxDrag } from './use-box-drag.ts';
import type { Explanation } from './use-explanation.ts';
import type { Reading } from './use-original.ts';

export interface PaneProps {
  id: string;
  subject: Subject;
  reading: Reading;
  /** Stands before the name. */
  label?: string | undefined;
  /** The part that was asked with. */
  asked?: Region | undefined;
  box: Region | undefined;
  setBox(box: Region | undefined): void;
  /** What is said of the picture. */
  facts?: ComponentChildren;
  /** Buttons, while there is no box; `links` are behind the one that makes a box. */
  actions?: ComponentChildren;
  links?: ComponentChildren;
  /** Whether a map of the places that count is wanted. */
  isExplained?: boolean;
  explanation?: Explanation | undefined;
}

/** One whole picture, with a box to drag over it, its name and what can be done with it. */
export function Pane({
  id,
  subject,
  reading,
  label,
  asked,
  box,
  setBox,
  facts,
  actions,
  links,
  isExplained = false,
  explanation,
}: PaneProps) {
  const text = viewerTexts.value;
  const frame = useRef<HTMLDivElement>(null);
  const original = reading.state === 'ready' ? reading.original : undefined;
  const drag = useBoxDrag(frame, original, box, setBox);
  const wantsFocus = useRef(false);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    frame.current?.querySelector<HTMLElement>('.box')?.focus();
  });
  const numbers = box && text.numbers(box.width, box.height, box.x, box.y);
  const search = (): void => searchWith(subject, box);
  const { width, height } = original ?? subject.picture ?? {};
  return (
    <figure class="viewer-pane" id={id}>
      <div class={`stage${box ? ' choosing' : ''}`} {...drag}>
        <div
          class={`frame${width ? '' : ' unknown'}${original ? ' ready' : ''}`}
          ref={frame}
          style={
            width && height ? { '--ratio': width / height, '--most': `${mostWide(width, height)}px` } : {}
          }
        >
          {original ? (
            <Whole original={original} name={subject.name} thumbnail={subject.thumbnail} />
          ) : (
            subject.thumbnail !== '' && <img class="small" src={subject.thumbnail} alt={subject.name} />
          )}
          {original && isExplained && explanation?.state === 'ready' && (
            <HeatMap map={explanation.map} picture={original} />
          )}
          {original && asked && !box && <div class="asked" style={placeOf(asked, original)} />}
          {original && box && (
            <RegionBox
              region={box}
              picture={original}
              label={text.part(subject.name, numbers!)}
              change={setBox}
              search={search}
            />
          )}
        </div>
        <Trouble reading={reading} subject={subject} />
        {isExplained && reading.state !== 'broken' && (
          <HeatNote explanation={explanation} canRead={subject.url !== ''} />
        )}
      </div>
      <figcaption>
        <p class="name">
          {label && <span class="quiet">{label} </span>}
          {subject.name}
        </p>
        {numbers ? <p class="quiet numbers">{numbers}</p> : facts}
        <div class="actions">
          {box ? (
            <>
              <button type="button" class="primary search-part" onClick={search}>
                {text.searchPart}
              </button>
              <button type="button" class="remove-part" onClick={() => setBox(undefined)}>
                {text.removePart}
              </button>
            </>
          ) : (
            <>
              {actions}
              {(original || reading.state === 'loading') && (
                <button
                  type="button"
                  class="choose-part"
                  title={text.partHint}
                  aria-disabled={!original}
                  onClick={() => {
                    if (!original) return;
                    wantsFocus.current = true;
                    setBox(middleOf(original));
                  }}
                >
                  {text.choosePart}
                </button>
              )}
              {links}
            </>
          )}
        </div>
      </figcaption>
    </figure>
  );
}

/** Small pictures are enlarged, but not to a wall of squares. In CSS pixels. */
const mostWide = (width: number, height: number): number =>
  width * Math.max(2, 320 / Math.max(width, height));

/** The decoded element itself: another one would be decoded again. */
function Whole({ original, name, thumbnail }: { original: Original; name: string; thumbnail: string }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    original.image.alt = name;
    place.current!.replaceChildren(original.image);
  }, [original, name]);
  // Until it is drawn, its small picture is seen in its place.
  const backgroundImage = original.isDrawnLater && thumbnail !== '' ? `url("${encodeURI(thumbnail)}")` : '';
  return <div class={`whole turn-${original.turn}`} ref={place} style={{ backgroundImage }} />;
}

function Trouble({ reading, subject }: { reading: Reading; subject: Subject }) {
  const text = viewerTexts.value;
  switch (reading.state) {
    case 'ready':
      return null;
    case 'loading':
      return subject.thumbnail === '' ? <p class="loading">{text.loading}</p> : null;
    case 'broken':
      return <p class="trouble">{text.broken(subject.name)}</p>;
    case 'absent':
      return <p class="trouble">{subject.thumbnail === '' ? text.nothing : text.onlySmall}</p>;
  }
}
