import { address, go } from '../state/address.ts';
import { picturesTexts } from '../texts/pictures.ts';

/** Says that a view shows the pictures of a folder or with a name only, and leads to all of them. */
export function FilterNote() {
  const { folder = '', name = '', ...rest } = address.value;
  if (folder === '' && name === '') return null;
  const text = picturesTexts.value;
  return (
    <p class="filter-note">
      <span>{text.only(folder, name)}</span>
      <button type="button" class="link" onClick={() => go(rest, { replace: true })}>
        {text.showAll}
      </button>
    </p>
  );
}
