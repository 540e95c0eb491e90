import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { learnSize } from '../state/learned-sizes.ts';
import { nameOf, type Picture } from '../state/pictures.ts';

/** A picture, small; its name where there is nothing to show. */
export function SmallPicture({ picture, alt }: { picture: Picture; alt?: string }) {
  const { id, thumbnail, url, width } = picture;
  const failed = useSignal(false);
  const source = thumbnail || url;
  // What could not be shown may be given anew.
  useEffect(() => {
    failed.value = false;
  }, [source]);
  if (source === '' || failed.value) return <span class="absent">{alt ?? nameOf(id)}</span>;
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
        failed.value = true;
      }}
    />
  );
}
