import { address, go } from '../state/address.ts';
import { picturesTexts } from '../texts/pictures.ts';
import { FilterChips, unfiltered } from './filter-chips.tsx';

/**
 * Says that a view is of the pictures of a folder or with a name only, and leads to all of them.
 *
 * @param props.all what the button for all of them says
 */
export function FilterNote({ all = picturesTexts.value.showAll }: { all?: string }) {
  const { folder = '', name = '' } = address.value;
  if (folder === '' && name === '') return null;
  const text = picturesTexts.value;
  return (
    <div class="filter-note">
      <ul class="chips" aria-label={text.filter}>
        <FilterChips />
      </ul>
      <button type="button" class="link" onClick={() => go(unfiltered(address.value))}>
        {all}
      </button>
    </div>
  );
}
