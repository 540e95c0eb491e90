import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { captionRem } from './hit-caption.tsx';

const widths = [1.5, 1, 1.5, 0.75, 1.5, 1.3, 1, 1.5, 0.75, 1.5, 1.5, 1, 1.3, 1.5];

/** Most answers come sooner: rooms that are drawn for a moment only flicker, and hold up the pictures. */
const patienceMs = 150;

/** Rooms of pictures that are searched for, where that takes a while. */
export function Skeleton() {
  const isLate = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      isLate.value = true;
    }, patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (!isLate.value) return null;
  return (
    <div class="skeleton" aria-hidden="true" style={{ '--caption': `${captionRem.value}rem` }}>
      {widths.map((ratio, at) => (
        <span key={at} style={{ '--ratio': ratio }} />
      ))}
    </div>
  );
}
