import { type Address, address, go } from '../state/address.ts';
import { nameOf } from '../state/pictures.ts';
import { picturesTexts } from '../texts/pictures.ts';

/** Of which pictures a view is: of a folder, with a name. Each can be taken away; Back brings it again. */
export function FilterChips() {
  const text = picturesTexts.value;
  const { folder = '', name = '' } = address.value;
  return (
    <>
      {folder !== '' && (
        <Chip
          said={text.onlyIn(nameOf(folder.replace(/\/+$/, '')))}
          whole={folder}
          remove={text.inAll}
          without={withoutFolder}
        />
      )}
      {name !== '' && (
        <Chip said={text.onlyNamed(name)} whole={name} remove={text.withAllNames} without={withoutName} />
      )}
    </>
  );
}

const withoutFolder = ({ folder: _, picture: __, ...rest }: Address): Address => rest;
const withoutName = ({ name: _, picture: __, ...rest }: Address): Address => rest;
/** The same view, of all pictures. */
export const unfiltered = (from: Address): Address => withoutFolder(withoutName(from));

function Chip({
  said,
  whole,
  remove,
  without,
}: {
  said: string;
  whole: string;
  remove: string;
  without(from: Address): Address;
}) {
  return (
    <li class="chip only">
      <span class="chip-name" title={whole}>
        {said}
      </span>
      <button
        type="button"
        class="remove"
        aria-label={remove}
        title={remove}
        onClick={() => go(without(address.value))}
      >
        <Cross />
      </button>
    </li>
  );
}

/** On buttons that take something away. */
export const Cross = () => (
  <svg class="sign" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M4 4l8 8M12 4l-8 8" />
  </svg>
);
