import { Modal } from '../parts/modal.tsx';
import { address, back } from '../state/address.ts';
import { nameOf, pictures } from '../state/pictures.ts';
import { frameTexts } from '../texts/frame.ts';

/** The whole picture that the address names, over the view. */
export function Viewer() {
  const { picture: id, ...rest } = address.value;
  const picture = id === undefined ? undefined : pictures.value.get(id);
  if (!picture) return null;
  const close = (): void => back(rest);
  return (
    <Modal id="viewer" label={nameOf(picture.id)} close={close}>
      <button type="button" class="close" onClick={close}>
        {frameTexts.value.close}
      </button>
      <img src={picture.url || picture.thumbnail} alt={nameOf(picture.id)} />
      <p>{picture.id}</p>
    </Modal>
  );
}
