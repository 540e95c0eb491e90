import { address, go } from '../../state/address.ts';
import { nameOf } from '../../state/pictures.ts';
import { withPart } from '../../state/query-parts.ts';
import { queryTexts } from '../../texts/query.ts';

const extend = (id: string, weight: 1 | -1): void => {
  // Another query has other distances.
  const { picture: _, maxDistance: __, ...rest } = address.value;
  go({ ...rest, query: withPart(rest.query, { id, weight }) });
};

/** More like this, less like this: the query gets one more picture. Each hit has both: their signs are drawn by the style. */
export function Marks({ id, tabIndex }: { id: string; tabIndex: 0 | -1 }) {
  const text = queryTexts.value;
  const name = nameOf(id);
  return (
    <div class="marks">
      <button
        type="button"
        class="mark more-like"
        tabIndex={tabIndex}
        aria-label={text.moreLike(name)}
        title={text.moreLike(name)}
        onClick={() => extend(id, 1)}
      />
      <button
        type="button"
        class="mark less-like"
        tabIndex={tabIndex}
        aria-label={text.lessLike(name)}
        title={text.lessLike(name)}
        onClick={() => extend(id, -1)}
      />
    </div>
  );
}

/** A plus or a minus. */
export function Sign({ isPlus }: { isPlus: boolean }) {
  return (
    <svg class="sign" viewBox="0 0 16 16" aria-hidden="true">
      <path d={isPlus ? 'M8 3v10M3 8h10' : 'M3 8h10'} />
    </svg>
  );
}
