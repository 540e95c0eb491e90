import { effect, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { scrollToRestore } from '../state/address.ts';
import type { Picture } from '../state/pictures.ts';
import { justifiedRows, type Row } from './justified.ts';

export interface PictureRowsProps {
  /** Names the list. */
  label: string;
  pictures: readonly Picture[];
  /** Href of a picture's button: it can be opened in another tab. */
  hrefOf(picture: Picture): string;
  choose(picture: Picture): void;
  /** What stands below a picture, as high as `captionHeight`. */
  caption?(picture: Picture, index: number): ComponentChildren;
  captionHeight?: number;
  /** Called when the end comes near: time to append more. */
  nearEnd?(): void;
}

const gap = 8;
/** Rows are drawn so far beyond the window: quick scrolling shows few empty places. */
const margin = 800;

/** Justified rows of pictures, of which those near the window are drawn; one tab stop, arrow keys go on. */
export function PictureRows(props: PictureRowsProps) {
  const { label, pictures, captionHeight = 0, nearEnd } = props;
  const list = useRef<HTMLUListElement>(null);
  const width = useSignal(0);
  const window = useSignal({ top: 0, bottom: 2000 });
  const focused = useSignal(0);
  const wantsFocus = useRef(false);

  useLayoutEffect(() => {
    const element = list.current!;
    const measure = (): void => {
      width.value = element.clientWidth;
      const { top } = element.getBoundingClientRect();
      window.value = { top: -top - margin, bottom: -top + innerHeight + margin };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    addEventListener('scroll', measure, { passive: true });
    addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, []);

  const height = width.value < 600 ? 120 : 190;
  const rows = useMemo(
    () =>
      width.value === 0
        ? []
        : justifiedRows(
            pictures.map((picture) => ratioOf(picture)),
            { width: width.value, height, gap, below: captionHeight },
          ),
    [pictures, width.value, height, captionHeight],
  );
  const last = rows.at(-1);
  const whole = last ? last.top + last.height + captionHeight : 0;

  useEffect(
    () =>
      effect(() => {
        const top = scrollToRestore.value;
        if (top === undefined || width.value === 0) return;
        scrollToRestore.value = undefined;
        requestAnimationFrame(() => scrollTo({ top }));
      }),
    [],
  );
  useEffect(() => {
    if (whole > 0 && window.value.bottom > whole) nearEnd?.();
  }, [window.value.bottom, whole]);

  const at = Math.min(focused.value, Math.max(0, pictures.length - 1));
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    list.current?.querySelector<HTMLElement>(`[data-index="${at}"]`)?.focus();
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextIndex(event.key, at, rows, pictures.length);
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wantsFocus.current = true;
    focused.value = next;
    const row = rows[rowOf(rows, next)]!;
    const top = list.current!.getBoundingClientRect().top + row.top;
    if (top < 80 || top + row.height > innerHeight) scrollBy({ top: top - innerHeight / 3 });
  };

  const isNear = ({ top, height }: Row): boolean =>
    top + height + captionHeight >= window.value.top && top <= window.value.bottom;
  const drawn = rows.filter((row) => isNear(row) || (at >= row.from && at < row.to));
  return (
    <ul class="rows" ref={list} aria-label={label} style={{ height: `${whole}px` }} onKeyDown={onKeyDown}>
      {drawn.flatMap((row) =>
        pictures.slice(row.from, row.to).map((picture, n) => (
          <Cell
            key={picture.id}
            {...props}
            picture={picture}
            index={row.from + n}
            row={row}
            left={leftOf(row, n)}
            isTabStop={row.from + n === at}
            onFocus={() => {
              focused.value = row.from + n;
            }}
          />
        )),
      )}
    </ul>
  );
}

interface CellProps extends PictureRowsProps {
  picture: Picture;
  index: number;
  row: Row;
  left: number;
  isTabStop: boolean;
  onFocus(): void;
}

function Cell({
  pictures,
  picture,
  index,
  row,
  left,
  isTabStop,
  onFocus,
  hrefOf,
  choose,
  caption,
}: CellProps) {
  const width = row.widths[index - row.from]!;
  return (
    <li
      aria-setsize={pictures.length}
      aria-posinset={index + 1}
      style={{ insetInlineStart: `${left}px`, top: `${row.top}px`, width: `${width}px` }}
    >
      <a
        href={hrefOf(picture)}
        class={picture.indexed ? 'cell' : 'cell waiting'}
        data-index={index}
        data-id={picture.id}
        title={picture.id}
        tabIndex={isTabStop ? 0 : -1}
        style={{ height: `${row.height}px` }}
        onFocus={onFocus}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          choose(picture);
        }}
      >
        <SmallPicture picture={picture} />
      </a>
      {caption?.(picture, index)}
    </li>
  );
}

/** A picture, small; its name where there is nothing to show. */
export function SmallPicture({ picture: { id, thumbnail, url } }: { picture: Picture }) {
  const failed = useSignal(false);
  const source = thumbnail || url;
  const name = id.split('/').at(-1)!;
  if (source === '' || failed.value) return <span class="absent">{name}</span>;
  return (
    <img
      src={source}
      alt={name}
      decoding="async"
      draggable={false}
      onError={() => {
        failed.value = true;
      }}
    />
  );
}

const ratioOf = ({ width, height }: Picture): number => (width && height ? width / height : 1);

const leftOf = (row: Row, n: number): number => {
  let left = 0;
  for (const width of row.widths.slice(0, n)) left += width + gap;
  return left;
};

const rowOf = (rows: readonly Row[], index: number): number =>
  rows.findIndex(({ from, to }) => index >= from && index < to);

/** Where a key leads from an item; `undefined` for other keys. */
function nextIndex(key: string, at: number, rows: readonly Row[], count: number): number | undefined {
  if (count === 0) return undefined;
  const isRtl = document.dir === 'rtl';
  const inRange = (index: number): number => Math.min(count - 1, Math.max(0, index));
  const row = rowOf(rows, at);
  const vertical = (to: number): number => {
    const target = rows[to];
    if (!target) return at;
    // The item below or above the middle of this one.
    const here = rows[row]!;
    const middle = leftOf(here, at - here.from) + here.widths[at - here.from]! / 2;
    const n = target.widths.findIndex((width, i) => leftOf(target, i) + width >= middle);
    return target.from + (n === -1 ? target.widths.length - 1 : n);
  };
  switch (key) {
    case 'ArrowRight':
      return inRange(at + (isRtl ? -1 : 1));
    case 'ArrowLeft':
      return inRange(at + (isRtl ? 1 : -1));
    case 'ArrowDown':
      return vertical(row + 1);
    case 'ArrowUp':
      return vertical(row - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    case 'PageDown':
      return vertical(Math.min(rows.length - 1, row + 3));
    case 'PageUp':
      return vertical(Math.max(0, row - 3));
    default:
      return undefined;
  }
}
