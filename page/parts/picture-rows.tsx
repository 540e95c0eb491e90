import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { isFindable } from '../state/first-answers.ts';
import { lookAt } from '../state/held.ts';
import type { Picture } from '../state/pictures.ts';
import { placeToRestore } from '../state/places.ts';
import { justifiedRows, nextItem, type Row, type RowSizes, rowOf, rowsBetween } from './justified.ts';
import { useRowsWindow } from './rows-window.ts';
import { SmallPicture } from './small-picture.tsx';

export interface PictureRowsProps {
  /** Names the list. */
  label: string;
  pictures: readonly Picture[];
  /** How many there will be, where more are to come. */
  total?: number | undefined;
  /** Whether more are to come: the last row is not drawn before it is full, unless it was seen already. */
  isPartial?: boolean;
  /** Tells lists apart, each of which begins anew; default: there is one. */
  list?: string;
  /** Told of the last picture that is on the screen, or above it, whenever that may be another one. */
  onSeen?(picture: Picture): void;
  /** Href of a picture's link: it can be opened in another tab. */
  hrefOf(picture: Picture): string;
  choose(picture: Picture): void;
  /** What stands below a picture, as high as `captionRem`. */
  caption?(picture: Picture, index: number): ComponentChildren;
  captionRem?: number;
  /** Buttons over a picture. Those of one picture are tab stops: `tabIndex` is 0 there, −1 elsewhere. */
  marks?(picture: Picture, index: number, tabIndex: 0 | -1): ComponentChildren;
  /** Called when the end comes near: time to append more. */
  nearEnd?(): void;
}

const gap = 8;
/** Buttons over a picture that is narrower stand one below the other. */
const narrowRem = 6;

interface Laid {
  ratios: readonly number[];
  sizes: RowSizes;
  rows: Row[];
}

/** Rows that stay as they are stay the same objects: their pictures are not drawn again when others are added. */
function laidOut(ratios: readonly number[], sizes: RowSizes, before: Laid | undefined, seen: number): Laid {
  const { width, height, below } = before?.sizes ?? {};
  const isLike = width === sizes.width && height === sizes.height && below === sizes.below;
  return { ratios, sizes, rows: justifiedRows(ratios, sizes, isLike ? { ...before!, seen } : undefined) };
}

/** Justified rows of pictures, of which those near the window are drawn; one tab stop, arrow keys go on. */
export function PictureRows(props: PictureRowsProps) {
  const { label, pictures, captionRem = 0, isPartial = false, list: name = '', nearEnd, onSeen } = props;
  const list = useRef<HTMLUListElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  /** The picture that is the tab stop, and where it was last. */
  const stop = useSignal<{ id: string | undefined; index: number }>({ id: undefined, index: 0 });
  const focusNext = useRef<{ index: number; stays: boolean } | undefined>(undefined);
  /** The first picture that is seen, and where: it stays there when others come, go or change size. */
  const anchor = useRef<{ id: string; offset: number; scrolled: number } | undefined>(undefined);

  const layout = useRef<{ rows: readonly Row[]; pictures: readonly Picture[] }>({ rows: [], pictures });
  const noteAnchor = (): void => {
    // That was our own doing: another picture of the same row would be in another row the next time.
    if (anchor.current?.scrolled === scrollY) return;
    const { rows, pictures: laid } = layout.current;
    const edge = list.current!.getBoundingClientRect().top;
    const first = rows.find((row) => row.top + row.height + edge > 0);
    anchor.current =
      edge < 0 && first
        ? { id: laid[first.from]!.id, offset: first.top + edge, scrolled: scrollY }
        : undefined;
  };
  /** How many pictures of the list, from the first on, have been on the screen: they stay where they are. */
  const seen = useRef({ list: name, count: 0 });
  const noteSeen = (): void => {
    const { rows, pictures: laid } = layout.current;
    const end = innerHeight - list.current!.getBoundingClientRect().top;
    const after = rows.findIndex((row) => row.top >= end);
    const deepest = after === -1 ? rows.at(-1) : rows[after - 1];
    if (!deepest) return;
    // A single row that is not full yet is laid out as it fills.
    if (rows.length > 1) seen.current.count = Math.max(seen.current.count, deepest.to);
    onSeen?.(laid[deepest.to - 1]!);
  };
  const window = useRowsWindow(list, probe, () => {
    noteAnchor();
    noteSeen();
  });
  const { width, rem, top, bottom } = window.value;

  const height = width < 600 ? 120 : 190;
  const below = Math.round(captionRem * rem);
  const laid = useRef<Laid | undefined>(undefined);
  const rows = useMemo(() => {
    if (width === 0) return [];
    if (seen.current.list !== name) seen.current = { list: name, count: 0 };
    const { count } = seen.current;
    laid.current = laidOut(pictures.map(ratioOf), { width, height, gap, below }, laid.current, count);
    const all = laid.current.rows;
    return isPartial && all.length > 1 && all.at(-1)!.from >= count ? all.slice(0, -1) : all;
  }, [pictures, isPartial, width, height, below, name]);
  const last = rows.at(-1);
  const whole = last ? last.top + last.height + below : 0;

  useLayoutEffect(() => {
    layout.current = { rows, pictures };
    const held = anchor.current;
    const index = held ? pictures.findIndex(({ id }) => id === held.id) : -1;
    const row = rows[rowOf(rows, index)];
    if (held && row) {
      // What was scrolled since, we hear of in the next frame.
      const offset = held.offset - (scrollY - held.scrolled);
      const moved = list.current!.getBoundingClientRect().top + row.top - offset;
      if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: 'instant' });
      anchor.current = { id: held.id, offset, scrolled: scrollY };
    }
    noteSeen();
  }, [rows]);

  useEffect(() => {
    if (width > 0 && bottom > whole) nearEnd?.();
  }, [bottom, whole, width, pictures]);

  const { id: stopId, index: stopIndex } = stop.value;
  const found = stopId === undefined ? -1 : pictures.findIndex(({ id }) => id === stopId);
  const at = found === -1 ? Math.max(0, Math.min(stopIndex, pictures.length - 1)) : found;

  const toFocus = placeToRestore.value?.focused;
  useLayoutEffect(() => {
    const index = toFocus === undefined ? -1 : pictures.findIndex(({ id }) => id === toFocus);
    if (index === -1) return;
    const { focused: _, ...rest } = placeToRestore.value!;
    placeToRestore.value = rest;
    focusNext.current = { index, stays: true };
    stop.value = { id: toFocus, index };
  }, [toFocus, pictures]);
  useLayoutEffect(() => {
    const wanted = focusNext.current;
    if (wanted?.index !== at) return;
    focusNext.current = undefined;
    const focus = (): void =>
      list.current
        ?.querySelector<HTMLElement>(`[data-index="${at}"]`)
        ?.focus({ preventScroll: wanted.stays });
    // What lay over the page, and kept the focus, is gone in the next frame.
    if (wanted.stays) requestAnimationFrame(focus);
    else focus();
  });

  /** Scrolls to a picture, unless it is on the screen, and gives it the focus. */
  const reach = (index: number): void => {
    const row = rows[rowOf(rows, index)]!;
    const edge = list.current!.getBoundingClientRect().top + row.top;
    const covered = document.querySelector('header')?.getBoundingClientRect().bottom ?? 0;
    if (edge < covered || edge + row.height + below > innerHeight)
      scrollBy({ top: edge - Math.max(covered + gap, (innerHeight - row.height) / 3), behavior: 'instant' });
    focusNext.current = { index, stays: false };
    stop.value = { id: pictures[index]!.id, index };
  };

  const wanted = lookAt.value;
  useLayoutEffect(() => {
    const index = wanted === undefined ? -1 : pictures.findIndex(({ id }) => id === wanted);
    if (rowOf(rows, index) === -1) return;
    lookAt.value = undefined;
    reach(index);
  }, [wanted, rows]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isRtl = getComputedStyle(list.current!).direction === 'rtl';
    const page = Math.max(1, Math.floor((innerHeight * 0.8) / (height + below + gap)));
    const next = nextItem(event.key, at, rows, { isRtl, page });
    if (next === undefined) return;
    event.preventDefault();
    reach(next);
  };

  const near = rowsBetween(rows, top, bottom, below);
  const stopRow = rows[rowOf(rows, at)];
  const drawn =
    !stopRow || near.includes(stopRow)
      ? near
      : near[0] && stopRow.top < near[0].top
        ? [stopRow, ...near]
        : [...near, stopRow];
  return (
    <>
      <span class="rem" ref={probe} aria-hidden="true" />
      <ul class="rows" ref={list} aria-label={label} style={{ height: `${whole}px` }} onKeyDown={onKeyDown}>
        {drawn.flatMap((row) =>
          pictures.slice(row.from, row.to).map((picture, n) => (
            <Cell
              key={picture.id}
              {...props}
              picture={picture}
              index={row.from + n}
              row={row}
              rem={rem}
              isTabStop={row.from + n === at}
              onFocus={() => {
                if (stop.peek().id !== picture.id) stop.value = { id: picture.id, index: row.from + n };
              }}
            />
          )),
        )}
      </ul>
    </>
  );
}

interface CellProps extends PictureRowsProps {
  picture: Picture;
  index: number;
  row: Row;
  rem: number;
  isTabStop: boolean;
  onFocus(): void;
}

function Cell({
  pictures,
  total = pictures.length,
  picture,
  index,
  row,
  rem,
  isTabStop,
  onFocus,
  hrefOf,
  choose,
  caption,
  marks,
}: CellProps) {
  const isWaiting = !isFindable(picture);
  const n = index - row.from;
  const tabIndex = isTabStop ? 0 : -1;
  // Scrolling draws new rows, adding changes how many there are: what a picture shows is not compared again.
  const shown = useMemo(
    () => (
      <>
        <a
          href={hrefOf(picture)}
          class={isWaiting ? 'cell waiting' : 'cell'}
          data-index={index}
          data-id={picture.id}
          title={picture.id}
          tabIndex={tabIndex}
          style={{ height: `${row.height}px` }}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            choose(picture);
          }}
        >
          <SmallPicture picture={picture} />
        </a>
        {marks?.(picture, index, tabIndex)}
        {caption?.(picture, index)}
      </>
    ),
    [picture, isWaiting, index, row.height, isTabStop, hrefOf, choose, caption, marks],
  );
  return (
    <li
      class={row.widths[n]! < narrowRem * rem ? 'narrow' : undefined}
      aria-setsize={Math.max(total, pictures.length)}
      aria-posinset={index + 1}
      style={{ insetInlineStart: `${row.lefts[n]}px`, top: `${row.top}px`, width: `${row.widths[n]}px` }}
      onFocusIn={onFocus}
    >
      {shown}
    </li>
  );
}

const ratioOf = ({ width, height, ratio = 1 }: Picture): number => (width && height ? width / height : ratio);
