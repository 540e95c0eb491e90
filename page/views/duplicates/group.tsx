import { useEffect } from 'preact/hooks';
import { SmallPicture } from '../../parts/small-picture.tsx';
import { address, go, hrefOf } from '../../state/address.ts';
import { decide, type Group, isMarked } from '../../state/duplicates.ts';
import { nameOf, type Picture } from '../../state/pictures.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { formatDistance } from '../../texts/language.ts';
import { askDistances } from '../../work/find-duplicates.ts';
import { FactList } from './fact-list.tsx';
import { isSameFile } from './facts.ts';
import { type Layout, type Place, shownAtFirst, widthOf } from './layout.ts';

/** A group of near-duplicates, side by side. */
export function GroupItem({
  group: { key, pictures, widest },
  at,
  count,
  layout: { lefts, tops, across, width, gap },
  shown,
  tabStop,
  onFocus,
  showMore,
}: {
  group: Group;
  at: number;
  count: number;
  layout: Layout;
  /** How many of its pictures are drawn. */
  shown: number;
  /** Which of them is in the order of the tab key. */
  tabStop: number | undefined;
  onFocus(place: Place): void;
  showMore(shown: number): void;
}) {
  const text = duplicatesTexts.value;
  const [best, ...others] = pictures as [Picture, ...Picture[]];
  const drawn = pictures.slice(0, shown);
  useEffect(
    () =>
      void askDistances(
        best.id,
        drawn.slice(1).map(({ id }) => id),
      ),
    [best.id, shown, pictures.length],
  );
  const isKept = !pictures.some(isMarked);
  const areSame = others.every((other) => isSameFile(other, best));
  const closeness = areSame
    ? text.sameFiles
    : widest < 0.0005
      ? text.samePicture
      : text.apart(formatDistance(widest));
  return (
    <li
      class="group"
      style={{
        top: `${tops[at]}px`,
        insetInlineStart: `${lefts[at]}px`,
        inlineSize: `${widthOf(across[at]!, width, gap)}px`,
      }}
      aria-setsize={count}
      aria-posinset={at + 1}
    >
      <div class="group-head">
        <h3 id={`group-${at}`}>
          {text.group(pictures.length)} <span class="quiet">{closeness}</span>
        </h3>
        <button
          type="button"
          class="link"
          aria-describedby={`group-${at}`}
          onClick={() =>
            decide(
              (isKept ? others : pictures).map(({ id }) => id),
              isKept,
            )
          }
        >
          {isKept ? text.markRest : text.keepAll}
        </button>
        {pictures.every(isMarked) && <p class="nothing-left">{text.nothingLeft}</p>}
      </div>
      <ul aria-labelledby={`group-${at}`}>
        {drawn.map((picture, n) => (
          <Twin
            key={picture.id}
            picture={picture}
            best={best}
            n={n}
            width={width}
            place={`${at}/${n}`}
            isTabStop={tabStop === n}
            onFocus={() => onFocus({ group: at, n })}
          />
        ))}
      </ul>
      {shown < pictures.length && (
        <button type="button" class="link" data-more={key} onClick={() => showMore(shown + 4 * shownAtFirst)}>
          {text.more(Math.min(4 * shownAtFirst, pictures.length - shown))}
        </button>
      )}
    </li>
  );
}

function Twin({
  picture,
  best,
  n,
  width,
  place,
  isTabStop,
  onFocus,
}: {
  picture: Picture;
  best: Picture;
  n: number;
  width: number;
  place: string;
  isTabStop: boolean;
  onFocus(): void;
}) {
  const mark = isMarked(picture, n);
  const to = { ...address.value, picture: picture.id };
  return (
    <li class={mark ? 'twin marked' : 'twin'} style={{ inlineSize: `${width}px` }}>
      <a
        href={hrefOf(to)}
        class="twin-picture"
        title={picture.id}
        data-place={place}
        data-id={picture.id}
        tabIndex={isTabStop ? 0 : -1}
        onFocus={onFocus}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          go(to);
        }}
      >
        <span class="frame" aria-hidden="true">
          <SmallPicture picture={picture} />
        </span>
        <span class="twin-name">{nameOf(picture.id)}</span>
      </a>
      <FactList picture={picture} best={best} />
      <MarkBox
        picture={picture}
        mark={mark}
        isBest={n === 0}
        tabIndex={isTabStop ? 0 : -1}
        onFocus={onFocus}
      />
    </li>
  );
}

/** Whether a picture is to be deleted. */
export function MarkBox({
  picture: { id },
  mark,
  isBest,
  tabIndex = 0,
  onFocus,
}: {
  picture: Picture;
  mark: boolean;
  isBest: boolean;
  tabIndex?: number;
  onFocus?(): void;
}) {
  const text = duplicatesTexts.value;
  return (
    <p class="delete-box">
      <label>
        <input
          type="checkbox"
          checked={mark}
          tabIndex={tabIndex}
          {...(onFocus ? { onFocus } : {})}
          onChange={({ currentTarget }) => decide([id], currentTarget.checked)}
        />
        {text.mark} <span class="unseen">{nameOf(id)}</span>
      </label>
      {isBest && <span class="badge">{text.best}</span>}
    </p>
  );
}
