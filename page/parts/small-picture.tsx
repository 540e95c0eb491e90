import { useSignal } from '@preact/signals';
import { learnRatio, learnSize } from '../state/learned-sizes.ts';
import { nameOf, type Picture } from '../state/pictures.ts';
import { smallSource } from '../state/small-pictures.ts';

/** A picture, small; its name where there is nothing to show. */
export function SmallPicture({ picture, alt }: { picture: Picture; alt?: string }) {
  const { id, url, width } = picture;
  // Which one could not be shown: another may be given.
  const failed = useSignal('');
  const source = smallSource(picture);
  if (source === failed.value) return <span class="absent">{alt ?? nameOf(id)}</span>;
  return (
    <img
      src={source}
      alt={alt ?? nameOf(id)}
      decoding="async"
      draggable={false}
      onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
        if (width !== undefined) return;
        const learn = source === url ? learnSize : learnRatio;
        learn(id, naturalWidth, naturalHeight);
      }}
      onError={() => {
        failed.value = source;
      }}
    />
  );
}
