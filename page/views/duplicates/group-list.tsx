import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { useRowsWindow } from '../../parts/rows-window.ts';
import { address } from '../../state/address.ts';
import { decide, type Group, groups, isMarked } from '../../state/duplicates.ts';
import { modals } from '../../state/modals.ts';
import { placeToRestore } from '../../state/places.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { measureSoon } from '../../work/measure-pictures.ts';
import { GroupItem } from './group.tsx';
import { groupsWithin, type Layout, layOut, type Place, placeBeside, shownAtFirst } from './layout.ts';

/** All groups, of which those near the window are drawn; one tab stop, arrow keys go on. */
export function GroupList() {
  const all = groups.value;
  const list = useRef<HTMLOListElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const seen = useRowsWindow(list, probe, () => {});
  const more = useSignal<ReadonlyMap<string, number>>(new Map());
  const focused = useSignal<Place>({ group: 0, n: 0 });
  const wantsFocus = useRef(false);
  const shownOf = ({ key, pictures }: Group): number =>
    Math.min(pictures.length, more.value.get(key) ?? shownAtFirst);
  const { width, rem, top, bottom } = seen.value;
  const layout = useMemo(() => layOut(all, { width, rem, shownOf }), [all, width, rem, more.value]);

  useEffect(() => measureSoon(all.flatMap(({ pictures }) => pictures.map(({ id }) => id))), [all]);
  const at: Place = { group: Math.min(focused.value.group, all.length - 1), n: 0 };
  at.n = Math.min(focused.value.n, shownOf(all[at.group]!) - 1);
  const focusOn = (place: Place): void => {
    wantsFocus.current = true;
    focused.value = place;
  };
  const focusOnPicture = (wanted: string): void => {
    const group = all.findIndex(({ pictures }) => pictures.some(({ id }) => id === wanted));
    if (group >= 0) focusOn({ group, n: all[group]!.pictures.findIndex(({ id }) => id === wanted) });
  };
  // After Back and Forward.
  const toFocus = placeToRestore.value?.focused;
  useLayoutEffect(() => {
    if (toFocus === undefined || all.length === 0) return;
    const { focused: _, ...rest } = placeToRestore.value!;
    placeToRestore.value = rest;
    focusOnPicture(toFocus);
  }, [toFocus, all]);
  // After the comparison: on the picture that was compared last.
  const opened = useRef<string | undefined>(undefined);
  const { picture } = address.value;
  useEffect(() => {
    const before = opened.current;
    opened.current = picture;
    if (picture === undefined && before !== undefined) focusOnPicture(before);
  }, [picture]);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    const focus = (): void =>
      list.current?.querySelector<HTMLElement>(`[data-place="${at.group}/${at.n}"]`)?.focus();
    focus();
    // A dialog that is just closing keeps the focus until the next frame.
    if (modals.peek().length > 0) requestAnimationFrame(focus);
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    if (!target.matches('a')) return;
    if (event.key === ' ') {
      event.preventDefault();
      const one = all[at.group]!.pictures[at.n]!;
      decide([one.id], !isMarked(one, at.n));
      return;
    }
    const next = nextPlace(event.key, at, layout);
    if (!next) return;
    event.preventDefault();
    focusOn(next);
  };

  const { from, to } = width === 0 ? { from: 0, to: 0 } : groupsWithin(layout, top, bottom);
  const drawn = [...new Set([...range(from, to), at.group])].filter((n) => width > 0 && n < all.length);
  return (
    <>
      <span class="rem" ref={probe} aria-hidden="true" />
      <ol
        class="groups"
        ref={list}
        aria-label={duplicatesTexts.value.groups}
        style={{ height: `${layout.height}px` }}
        onKeyDown={onKeyDown}
      >
        {drawn.map((n) => (
          <GroupItem
            key={all[n]!.key}
            group={all[n]!}
            at={n}
            count={all.length}
            layout={layout}
            shown={shownOf(all[n]!)}
            tabStop={n === at.group ? at.n : undefined}
            onFocus={(place) => {
              focused.value = place;
            }}
            showMore={(shown) => {
              more.value = new Map([...more.value, [all[n]!.key, shown]]);
            }}
          />
        ))}
      </ol>
    </>
  );
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

/** Where a key leads; `undefined` for other keys. */
function nextPlace(key: string, at: Place, layout: Layout): Place | undefined {
  const { shown } = layout;
  const lastOf = (of: number): number => shown[of]! - 1;
  const sideways = (step: number): Place => {
    const to = at.n + step;
    if (to >= 0 && to <= lastOf(at.group)) return { group: at.group, n: to };
    const next = at.group + step;
    if (next < 0 || next >= shown.length) return at;
    return { group: next, n: step > 0 ? 0 : lastOf(next) };
  };
  const forward = document.dir === 'rtl' ? -1 : 1;
  switch (key) {
    case 'ArrowRight':
      return sideways(forward);
    case 'ArrowLeft':
      return sideways(-forward);
    case 'ArrowDown':
      return placeBeside(layout, at, 1);
    case 'ArrowUp':
      return placeBeside(layout, at, -1);
    case 'Home':
      return { group: 0, n: 0 };
    case 'End':
      return { group: shown.length - 1, n: 0 };
    default:
      return undefined;
  }
}
