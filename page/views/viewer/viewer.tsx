import type { Region } from 'likeness-search';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CloseIcon, NextIcon } from '../../parts/icons.tsx';
import { Modal } from '../../parts/modal.tsx';
import { address, back, go, withoutPicture } from '../../state/address.ts';
import { askedFile } from '../../state/asked-files.ts';
import { openingError, search } from '../../state/library.ts';
import { pictures } from '../../state/pictures.ts';
import { placeToRestore } from '../../state/places.ts';
import { partsOf } from '../../state/query-input.ts';
import { loadMore, queryKey } from '../../state/results.ts';
import { listed } from '../../state/shown.ts';
import { frameTexts } from '../../texts/frame.ts';
import { viewerTexts } from '../../texts/viewer.ts';
import { prepareOriginal, releaseOriginals } from '../../work/original.ts';
import { Facts } from './facts.tsx';
import { HeatLegend } from './heat.tsx';
import { Pane } from './pane.tsx';
import { QueryPane } from './query-pane.tsx';
import { keyOf, type Subject, searchWith, subjectOf } from './subject.ts';
import { useExplanation } from './use-explanation.ts';
import { useOriginal } from './use-original.ts';
import { useSteadyPictures } from './use-steady-pictures.ts';
import { useSwipe } from './use-swipe.ts';

/** The whole picture that the address names, over the view. */
export function Viewer() {
  const { picture: id, pictureFile: file } = address.value;
  if (id !== undefined) return pictures.value.has(id) ? <OpenViewer part={{ id }} /> : null;
  return file !== undefined && askedFile(file) ? <OpenViewer part={{ file }} /> : null;
}

/** A box over one of the two pictures. */
export interface Box {
  /** The picture's key: another picture has no box yet. */
  of: string;
  region: Region;
}

function OpenViewer({ part }: { part: Subject['part'] }) {
  const text = viewerTexts.value;
  const [box, setBox] = useState<Box>();
  const [isExplained, setIsExplained] = useState(false);
  const subject = subjectOf(part);
  const key = keyOf(subject);
  const reading = useOriginal(subject);
  const { ids, count } = listed.value;
  const at = 'id' in part ? ids.indexOf(part.id) : -1;
  const position = at === -1 ? '' : text.position(at + 1, count);
  const isSettled = reading.state !== 'loading';

  const close = (): void => back(withoutPicture(address.value));
  const show = (index: number): void => {
    const next = ids[index];
    if (next === undefined) return;
    setBox(undefined);
    go({ ...address.value, picture: next }, { replace: true });
  };

  // The neighbours are decoded once this one is there.
  useEffect(() => {
    if (!isSettled) return;
    for (const near of [ids[at + 1], ids[at - 1]]) {
      const { url = '', file } = (near !== undefined && pictures.value.get(near)) || {};
      if (url !== '') prepareOriginal(url, file);
    }
  }, [isSettled, key, ids]);
  // More results are fetched before the last one is reached.
  useEffect(() => {
    if (at >= 0 && ids.length < count && at > ids.length - 10) void loadMore();
  }, [at, ids, count]);
  useEffect(() => releaseOriginals, []);
  useFocusBack('id' in part ? part.id : undefined);

  const steady = useSteadyPictures(key, box !== undefined);
  const swipe = useSwipe((by) => show(at + (document.dir === 'rtl' ? -by : by)), box === undefined);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && box) {
      event.preventDefault(); // the first takes the box away, the second closes the viewer
      setBox(undefined);
      return;
    }
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(at + (document.dir === 'rtl' ? -by : by));
  };
  const boxOf = (key: string): Region | undefined => (box?.of === key ? box.region : undefined);
  const setBoxOf = (key: string) => (region: Region | undefined) => setBox(region && { of: key, region });
  // A picture of the query is looked at alone.
  const own = address.value.query.find((one) => keyOf(subjectOf(one)) === key);
  const { query } = address.value;
  // What opens is waited for: the button that came with it would move the pictures.
  const canOpen = search.value !== undefined || openingError.value === undefined;
  const canExplain = !own && query.length > 0 && canOpen && reading.state !== 'broken';
  const explanation = useExplanation(
    isExplained && canExplain && subject.url !== ''
      ? {
          key: JSON.stringify([key, query]),
          image: subject.file ?? subject.url,
          other: async (library, signal) => (await partsOf(query, library, signal)).query,
        }
      : undefined,
  );
  return (
    <Modal id="viewer" label={subject.name} close={close}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys and swipes reach it from what is in it */}
      <div class="viewer" onKeyDown={onKeyDown} {...swipe}>
        <div class="viewer-bar">
          {at >= 0 && (
            <>
              <button
                type="button"
                class="bare step"
                id="previous"
                aria-disabled={at === 0}
                onClick={() => show(at - 1)}
              >
                <span class="unseen">{text.previous}</span>
                <NextIcon />
              </button>
              <p class="quiet position">{position}</p>
              <button
                type="button"
                class="bare step"
                id="next"
                aria-disabled={at === ids.length - 1}
                onClick={() => show(at + 1)}
              >
                <span class="unseen">{text.next}</span>
                <NextIcon />
              </button>
            </>
          )}
          {isExplained && canExplain && <HeatLegend />}
          <button type="button" class="bare close" title={frameTexts.value.close} onClick={close}>
            <span class="unseen">{frameTexts.value.close}</span>
            <CloseIcon />
          </button>
        </div>
        <div class="viewer-panes" {...steady}>
          {!own && 'id' in part && (
            <QueryPane
              shown={part.id}
              boxOf={boxOf}
              setBoxOf={setBoxOf}
              isExplained={isExplained && canExplain}
            />
          )}
          <Pane
            id="found"
            subject={subject}
            reading={reading}
            asked={own?.region}
            isExplained={isExplained && canExplain}
            explanation={explanation}
            box={boxOf(key)}
            setBox={setBoxOf(key)}
            facts={<Facts subject={subject} reading={reading} />}
            actions={
              <button type="button" class="primary search-this" onClick={() => searchWith(subject)}>
                {text.searchThis}
              </button>
            }
            links={
              <>
                {canExplain && (
                  <button
                    type="button"
                    id="why"
                    aria-pressed={isExplained}
                    onClick={() => setIsExplained(!isExplained)}
                  >
                    {text.why}
                  </button>
                )}
                {subject.url !== '' && (
                  <>
                    <a class="button open" href={subject.url} target="_blank" rel="noreferrer">
                      {text.open}
                    </a>
                    <a class="button download" href={subject.url} download={subject.name}>
                      {text.download}
                    </a>
                  </>
                )}
              </>
            }
          />
        </div>
        <p class="unseen" role="status">
          {position !== '' && `${position}: ${subject.name}`}
        </p>
      </div>
    </Modal>
  );
}

/** When the viewer goes, the focus is on the picture that was shown last, and that is seen. */
function useFocusBack(id: string | undefined): void {
  const last = useRef(id);
  last.current = id;
  useEffect(() => {
    const query = queryKey.peek();
    return () => {
      if (queryKey.peek() !== query) return; // a search with it began
      const focused = last.current;
      if (focused === undefined) return; // the dialog gives it back
      placeToRestore.value = { top: scrollY, ...placeToRestore.peek(), focused };
      // The list scrolls back to where it was first.
      const wait = (frames: number): unknown =>
        frames > 0
          ? requestAnimationFrame(() => wait(frames - 1))
          : document
              .querySelector(`.rows [data-id="${CSS.escape(focused)}"]`)
              ?.scrollIntoView({ block: 'nearest', behavior: 'instant' });
      wait(3);
    };
  }, []);
}
