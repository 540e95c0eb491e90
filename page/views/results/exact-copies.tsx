import { SmallPicture } from '../../parts/small-picture.tsx';
import { address, go, hrefOf } from '../../state/address.ts';
import { pictures } from '../../state/pictures.ts';
import { copies, results } from '../../state/results.ts';
import { queryTexts } from '../../texts/query.ts';

/** Exact copies of the query's pictures, folded away. */
export function ExactCopies() {
  const found = copies.value;
  if (found.length === 0) return null;
  const known = pictures.value;
  return (
    <details class="copies" key={results.value?.key}>
      <summary>{queryTexts.value.exactCopies(found.length)}</summary>
      <ul>
        {found.map(({ id }) => (
          <li key={id}>
            <a
              href={hrefOf({ ...address.value, picture: id })}
              data-id={id}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                go({ ...address.value, picture: id });
              }}
            >
              <span class="thumbnail">
                <SmallPicture
                  picture={known.get(id) ?? { id, url: '', thumbnail: '', indexed: true }}
                  alt=""
                />
              </span>
              {id}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
