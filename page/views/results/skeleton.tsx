import { captionRem } from './hit-caption.tsx';

const widths = [1.5, 1, 1.5, 0.75, 1.5, 1.3, 1, 1.5, 0.75, 1.5, 1.5, 1, 1.3, 1.5];

/** Rooms of pictures that are searched for. */
export function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true" style={{ '--caption': `${captionRem.value}rem` }}>
      {widths.map((ratio, at) => (
        <span key={at} style={{ '--ratio': ratio }} />
      ))}
    </div>
  );
}
