import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { nameOf, type Picture } from '../state/pictures.ts';

/** A picture, small; its name where there is nothing to show. */
export function SmallPicture({ picture: { id, thumbnail, url }, alt }: { picture: Picture; alt?: string }) {
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
      onError={() => {
        failed.value = true;
      }}
    />
  );
}
