import { SmallPicture } from '../../parts/small-picture.tsx';
import { address, hrefOf } from '../../state/address.ts';
import { folderOf, nameOf, type Picture } from '../../state/pictures.ts';
import { like } from '../../state/query-parts.ts';
import { mapTexts } from '../../texts/map.ts';

/** The picture that is pointed at, and its name. A finger gets a link. */
export function PictureCard({
  picture,
  isTouch,
  choose,
}: {
  picture: Picture;
  isTouch: boolean;
  choose(picture: Picture): void;
}) {
  const { id } = picture;
  return (
    <div class={isTouch ? 'map-card touch' : 'map-card'}>
      <span class="frame" aria-hidden="true">
        <SmallPicture key={id} picture={picture} />
      </span>
      <div>
        <p class="name">{nameOf(id)}</p>
        {folderOf(id) !== '' && <p class="quiet">{folderOf(id)}</p>}
        {isTouch && (
          <a
            class="button"
            href={hrefOf(like(picture, address.value))}
            onClick={(event) => {
              event.preventDefault();
              choose(picture);
            }}
          >
            {mapTexts.value.findLike}
          </a>
        )}
      </div>
    </div>
  );
}
