import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Modal } from '../../parts/modal.tsx';
import { address, back, go } from '../../state/address.ts';
import { type Group, isMarked, openGroup } from '../../state/duplicates.ts';
import { nameOf, type Picture } from '../../state/pictures.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { FactList } from './fact-list.tsx';
import { MarkBox } from './group.tsx';

/** Part of a picture's width or height that an arrow key moves. */
const step = 0.1;

/** Two pictures of a group, large: the best, and the one of the address. */
export function ComparePictures() {
  const group = openGroup();
  return group ? <Comparison group={group} /> : null;
}

function Comparison({ group }: { group: Group }) {
  const isMagnified = useSignal(false);
  const looked = useSignal({ x: 0.5, y: 0.5 });
  const text = duplicatesTexts.value;
  const { picture: id, ...rest } = address.value;
  const { pictures } = group;
  const best = pictures[0]!;
  const at = Math.max(
    1,
    pictures.findIndex((picture) => picture.id === id),
  );
  const other = pictures[at]!;
  const close = (): void => back(rest);
  const show = (n: number): void => {
    const next = pictures[n];
    if (n >= 1 && next) go({ ...rest, picture: next.id }, { replace: true });
  };
  useEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isRtl = document.dir === 'rtl';
    const [x, y] = moves[event.key] ?? [0, 0];
    if (x === 0 && y === 0) return;
    event.preventDefault();
    if (isMagnified.value) {
      const inside = (value: number): number => Math.min(1, Math.max(0, value));
      looked.value = { x: inside(looked.value.x + x * step), y: inside(looked.value.y + y * step) };
    } else if (x !== 0) show(at + (isRtl ? -x : x));
  };
  const pane = (picture: Picture, n: number) => (
    <Pane
      key={n === 0 ? 'best' : picture.id}
      picture={picture}
      best={best}
      n={n}
      isMagnified={isMagnified.value}
      looked={looked.value}
      look={(x, y) => {
        looked.value = { x, y };
      }}
      magnify={() => {
        isMagnified.value = !isMagnified.value;
      }}
    />
  );
  return (
    <Modal id="compare-pictures" label={text.compareTitle(nameOf(best.id), nameOf(other.id))} close={close}>
      <div class="compare">
        <div class="compare-head">
          <p class="quiet">{text.place(at + 1, pictures.length)}</p>
          <div class="actions">
            {pictures.length > 2 && (
              <>
                <button type="button" id="compare-previous" disabled={at === 1} onClick={() => show(at - 1)}>
                  {text.previous}
                </button>
                <button
                  type="button"
                  id="compare-next"
                  disabled={at === pictures.length - 1}
                  onClick={() => show(at + 1)}
                >
                  {text.next}
                </button>
              </>
            )}
            <button
              type="button"
              id="magnify"
              aria-pressed={isMagnified.value}
              onClick={() => {
                isMagnified.value = !isMagnified.value;
              }}
            >
              {text.magnify}
            </button>
            <button type="button" class="close" onClick={close}>
              {text.close}
            </button>
          </div>
        </div>
        <div class="panes">
          {pane(best, 0)}
          {pane(other, at)}
        </div>
      </div>
    </Modal>
  );
}

const moves: Record<string, readonly [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function Pane({
  picture,
  best,
  n,
  isMagnified,
  looked: { x, y },
  look,
  magnify,
}: {
  picture: Picture;
  best: Picture;
  n: number;
  isMagnified: boolean;
  /** The place that both show when magnified, 0 … 1. */
  looked: { x: number; y: number };
  look(x: number, y: number): void;
  magnify(): void;
}) {
  const source = picture.url || picture.thumbnail;
  const followed = ({ currentTarget, clientX, clientY }: MouseEvent): void => {
    const { left, top, width, height } = (currentTarget as HTMLElement).getBoundingClientRect();
    look((clientX - left) / width, (clientY - top) / height);
  };
  return (
    <figure class="pane">
      <button
        type="button"
        tabIndex={-1}
        class={isMagnified ? 'sight magnified' : 'sight'}
        onPointerMove={followed}
        onClick={(event) => {
          if (event.detail > 0) followed(event); // of a pointer
          magnify();
        }}
      >
        {source === '' ? (
          <span class="quiet">{nameOf(picture.id)}</span>
        ) : (
          <img
            src={source}
            alt={nameOf(picture.id)}
            decoding="async"
            draggable={false}
            style={isMagnified ? { transform: 'scale(4)', transformOrigin: `${x * 100}% ${y * 100}%` } : {}}
          />
        )}
      </button>
      <figcaption>
        <p class="twin-name">{nameOf(picture.id)}</p>
        <MarkBox picture={picture} mark={isMarked(picture, n)} isBest={n === 0} />
        {picture.url === '' && <p class="quiet">{duplicatesTexts.value.smallOnly}</p>}
        <FactList picture={picture} best={best} />
      </figcaption>
    </figure>
  );
}
