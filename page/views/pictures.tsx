import { useCallback } from 'preact/hooks';
import { NewOnes } from '../parts/new-ones.tsx';
import { PictureRows } from '../parts/picture-rows.tsx';
import { type Address, address, go, hrefOf, type Sort } from '../state/address.ts';
import { type Picture, pictures } from '../state/pictures.ts';
import { like } from '../state/query-parts.ts';
import {
  folders,
  hasDates,
  listKey,
  noteSeenPicture,
  shownPictures,
  showWaitingPictures,
  waitingPictures,
} from '../state/shown.ts';
import { isReading } from '../state/to-read.ts';
import { frameTexts } from '../texts/frame.ts';
import { picturesTexts } from '../texts/pictures.ts';

/** Shows another choice of the pictures. The history has no entry for each letter of a name. */
const filterBy = (change: Partial<Address>): void => go({ ...address.value, ...change }, { replace: true });

/** All pictures, or those of a folder or with a name. A click searches these for those like one. */
export function PicturesView() {
  const text = picturesTexts.value;
  const here = address.value;
  const all = pictures.value.size;
  const shown = shownPictures.value;
  const waiting = waitingPictures.value;
  const found = shown.length + waiting;
  const isFiltered = found !== all;
  const count = isFiltered ? text.ofAll(found, all) : frameTexts.value.pictureCount(all);
  // A list whose functions are the same draws only what has changed.
  const hrefOfLike = useCallback((picture: Picture) => hrefOf(like(picture, here)), [here]);
  const chooseLike = useCallback((picture: Picture) => go(like(picture, here)), [here]);
  const showAll = useCallback(() => {
    filterBy({ folder: '', name: '' });
    document.getElementById('filter-name')?.focus();
  }, []);
  return (
    <section aria-labelledby="pictures-title">
      <div class="pictures-head">
        <h2 id="pictures-title" tabIndex={-1}>
          {count}
        </h2>
        <Filter all={all} />
      </div>
      <p class="unseen" role="status">
        {isFiltered && count}
      </p>
      <NewOnes
        count={waiting}
        about={text.newOnes(waiting)}
        action={text.showNew}
        show={showWaitingPictures}
      />
      {shown.length === 0 ? (
        <div class="nothing">
          <p>{text.noMatch}</p>
          <button type="button" onClick={showAll}>
            {text.showAll}
          </button>
        </div>
      ) : (
        <PictureRows
          label={frameTexts.value.pictures}
          pictures={shown}
          list={listKey.value}
          isPartial={isReading.value}
          onSeen={noteSeen}
          hrefOf={hrefOfLike}
          choose={chooseLike}
        />
      )}
    </section>
  );
}

const noteSeen = ({ id }: Picture): void => noteSeenPicture(id);

/** By name, by folder, and the order. */
function Filter({ all }: { all: number }) {
  const text = picturesTexts.value;
  const { folder = '', name = '', sort = 'added' } = address.value;
  const known = folders.value;
  const isKnown = folder === '' || known.some(({ path }) => path === folder);
  // One folder that holds everything is no choice.
  const hasFolders = known.length > 1 || known[0]?.count !== all || !isKnown;
  return (
    <search class="filter">
      <input
        id="filter-name"
        type="search"
        aria-label={text.search}
        placeholder={text.search}
        value={name}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => filterBy({ name: currentTarget.value })}
      />
      {known.length > 0 && hasFolders && (
        <select
          id="filter-folder"
          aria-label={text.folder}
          value={folder}
          onChange={({ currentTarget }) => filterBy({ folder: currentTarget.value })}
        >
          <option value="">{text.allFolders(all)}</option>
          {!isKnown && <option value={folder}>{text.folderWith(folder, 0)}</option>}
          {known.map(({ path, depth, count }) => (
            <option key={path} value={path}>
              {'\u2003'.repeat(depth) + text.folderWith(path.split('/').at(-1)!, count)}
            </option>
          ))}
        </select>
      )}
      <select
        id="sort"
        aria-label={text.sort}
        value={sort}
        onChange={({ currentTarget }) => {
          const { sort: _, ...rest } = address.value;
          const chosen = currentTarget.value as Sort;
          go(chosen === 'added' ? rest : { ...rest, sort: chosen }, { replace: true });
        }}
      >
        <option value="added">{text.added}</option>
        <option value="name">{text.name}</option>
        {(hasDates.value || sort === 'date') && <option value="date">{text.date}</option>}
      </select>
    </search>
  );
}
