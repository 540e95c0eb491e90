import { useMemo } from 'preact/hooks';
import { PictureRows } from '../parts/picture-rows.tsx';
import { go, hrefOf } from '../state/address.ts';
import { pictures } from '../state/pictures.ts';
import { frameTexts } from '../texts/frame.ts';

/** All pictures. */
export function PicturesView() {
  const all = pictures.value;
  const shown = useMemo(() => [...all.values()], [all]);
  return (
    <section aria-labelledby="pictures-title">
      <h2 id="pictures-title">{frameTexts.value.pictureCount(shown.length)}</h2>
      <PictureRows
        label={frameTexts.value.pictures}
        pictures={shown}
        hrefOf={({ id }) => hrefOf({ view: 'pictures', query: [{ id, weight: 1 }] })}
        choose={({ id }) => go({ view: 'pictures', query: [{ id, weight: 1 }] })}
      />
    </section>
  );
}
