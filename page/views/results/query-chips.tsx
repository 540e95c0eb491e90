import { Cross } from '../../parts/filter-chips.tsx';
import { SmallPicture } from '../../parts/small-picture.tsx';
import {
  type Address,
  type AskedPart,
  address,
  backToPictures,
  go,
  hrefOf,
  withoutPicture,
} from '../../state/address.ts';
import { partKey, partName, partPicture } from '../../state/query-parts.ts';
import { queryTexts } from '../../texts/query.ts';
import { Sign } from './marks.tsx';

function remove(part: AskedPart): void {
  // Another query has other distances.
  const { picture: _, maxDistance: __, ...rest } = address.value;
  const query = rest.query.filter((one) => one !== part);
  if (query.length > 0) go({ ...rest, query });
  else backToPictures();
}

/** A picture of the query in the viewer. */
const opened = (part: AskedPart): Address => ({
  ...withoutPicture(address.value),
  ...('id' in part ? { picture: part.id } : { pictureFile: part.file }),
});

/** The pictures of the query, with their signs. */
export function QueryChips() {
  const text = queryTexts.value;
  const { query } = address.value;
  const hasSigns = query.length > 1 || query.some(({ weight }) => weight < 0);
  return (
    <ul class={hasSigns ? 'chips signed' : 'chips'} aria-label={text.query}>
      {query.map((part) => {
        const name = partName(part);
        const isLike = part.weight > 0;
        return (
          <li key={`${part.weight}${partKey(part)}`} class={isLike ? 'chip' : 'chip unlike'}>
            <a
              class="thumbnail"
              href={hrefOf(opened(part))}
              aria-label={text.look(name)}
              title={text.look(name)}
              data-part={'id' in part ? part.id : part.file}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                go(opened(part));
              }}
            >
              <SmallPicture picture={partPicture(part)} alt="" />
            </a>
            {hasSigns && (
              <span class="sign-of">
                <Sign isPlus={isLike} />
                <span class="unseen">{isLike ? text.like(name) : text.unlike(name)}</span>
              </span>
            )}
            <span class="chip-name" aria-hidden={hasSigns} title={'id' in part ? part.id : name}>
              {name}
              {part.region && <span class="region"> · {text.part}</span>}
            </span>
            <button
              type="button"
              class="remove"
              aria-label={text.remove(name)}
              title={text.remove(name)}
              onClick={() => remove(part)}
            >
              <Cross />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
