import { useSignal } from '@preact/signals';
import { learnSize } from '../state/learned-sizes.ts';
import { nameOf, type Picture } from '../state/pictures.ts';

/** A picture, small; its name where there is nothing to show. */
export function SmallPicture({ picture, alt }: { picture: Picture; alt?: string }) {
  const { id, thumbnail, url, width } = picture;
  // Which one could not be shown: another may be given.
  const failed = useSignal('');
  const source = thumbnail || url;
  if (source === failed.value) return <span class="absent">{alt ?? nameOf(id)}</span>;
  return (
    <img
      src={source}
      alt={alt ?? nameOf(id)}
      decoding="async"
      draggable={false}
      onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
        if (width === undefined && source === url) learnSize(id, naturalWidth, naturalHeight);
      }}
      onError={() => {
        failed.value = source;
      }}
    />
  );
}
