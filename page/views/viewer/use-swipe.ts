import { useRef } from 'preact/hooks';

/** A finger has to go so far to the side, in CSS pixels, and twice as far as up or down. */
const leastSwipe = 50;

/**
 * A finger that is drawn to the side.
 *
 * @param to 1 for the picture to the right, -1 for the one to the left
 */
export function useSwipe(to: (by: 1 | -1) => void, isOn: boolean) {
  const start = useRef<PointerEvent | undefined>(undefined);
  const end = (): void => {
    start.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent): void {
      // A second finger zooms.
      start.current = isOn && event.isPrimary && event.pointerType === 'touch' ? event : undefined;
    },
    onPointerUp(event: PointerEvent): void {
      const from = start.current;
      end();
      if (!from || event.pointerId !== from.pointerId) return;
      const x = event.clientX - from.clientX;
      const y = event.clientY - from.clientY;
      if (Math.abs(x) >= leastSwipe && Math.abs(x) >= 2 * Math.abs(y)) to(x < 0 ? 1 : -1);
    },
    onPointerCancel: end,
  };
}
