import type { Region } from 'likeness-search';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { acrossFrom, moved, type Point, regionBetween, type Size } from '../../state/region.ts';
import { type Corner, pointIn } from './region-box.tsx';

/** A pointer that goes less far than this, in CSS pixels, is a click. */
const leastDrag = 5;

interface Drag {
  pointer: number;
  from: PointerEvent;
  start: Point;
  /** The region when it began. */
  before: Region | undefined;
  /** What stays while it goes on; without it the region is moved as a whole. */
  anchor: Point | undefined;
  isDrawing: boolean;
}

/**
 * Pointers that draw a box over a picture, move it, and pull its corners. A finger draws only once there is a box: before,
 * it leafs through the pictures.
 */
export function useBoxDrag(
  frame: RefObject<HTMLElement | null>,
  picture: Size | undefined,
  box: Region | undefined,
  change: (box: Region | undefined) => void,
) {
  const drag = useRef<Drag | undefined>(undefined);
  const focusBox = (): void =>
    frame.current?.querySelector<HTMLElement>('.box')?.focus({ preventScroll: true });
  return {
    onPointerDown(event: PointerEvent): void {
      if (!picture || !frame.current || event.button !== 0 || drag.current) return;
      if (event.pointerType === 'touch' && !box) return;
      const target = event.target as HTMLElement;
      const corner = target.getAttribute('data-corner') as Corner | null;
      const isInBox = target.closest('.box') !== null;
      const start = pointIn(frame.current, event, picture);
      const anchor = corner && box ? acrossFrom(box, corner) : isInBox ? undefined : start;
      drag.current = {
        pointer: event.pointerId,
        from: event,
        start,
        before: box,
        anchor,
        isDrawing: !isInBox,
      };
      event.preventDefault(); // no text is selected, no picture dragged away
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      if (isInBox) focusBox();
    },
    onPointerMove(event: PointerEvent): void {
      const now = drag.current;
      if (!now || !picture || !frame.current || event.pointerId !== now.pointer) return;
      const far = Math.hypot(event.clientX - now.from.clientX, event.clientY - now.from.clientY);
      if (now.isDrawing && far < leastDrag) return;
      const point = pointIn(frame.current, event, picture);
      if (now.anchor) change(regionBetween(now.anchor, point, picture));
      else if (now.before) {
        change(moved(now.before, { x: point.x - now.start.x, y: point.y - now.start.y }, picture));
      }
    },
    onPointerUp(event: PointerEvent): void {
      if (event.pointerId !== drag.current?.pointer) return;
      drag.current = undefined;
      focusBox();
    },
    onPointerCancel(event: PointerEvent): void {
      if (event.pointerId !== drag.current?.pointer) return;
      change(drag.current.before);
      drag.current = undefined;
    },
  };
}
