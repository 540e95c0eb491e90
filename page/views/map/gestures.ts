import type { Point } from '../../state/camera.ts';

/** What a person does to the map. Places are CSS pixels from its corner. */
export interface MapActions {
  pan(by: Point): void;
  zoom(factor: number, at: Point): void;
  /** The pointer is there; `undefined`: it left. */
  point(at: Point | undefined): void;
  /** A click or a tap. */
  choose(at: Point, isTouch: boolean): void;
}

/** A press that moved so far is no click. */
const slack = 6;

/** Follows mouse, pen, fingers and wheel. Answers with how to end it. */
export function followGestures(element: HTMLElement, actions: MapActions): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const held = new Map<number, Point>();
  let moved = 0;
  const placeOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const middle = (): Point => {
    const points = [...held.values()];
    const sum = points.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }));
    return { x: sum.x / points.length, y: sum.y / points.length };
  };
  const spread = (): number => {
    const [a, b] = [...held.values()];
    return a && b ? Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) : 1;
  };
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      if (held.size === 0) moved = 0;
      held.set(event.pointerId, placeOf(event));
      element.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      const at = placeOf(event);
      if (!held.has(event.pointerId)) {
        if (event.pointerType !== 'touch') actions.point(at);
        return;
      }
      const before = middle();
      const wide = spread();
      held.set(event.pointerId, at);
      const now = middle();
      moved += Math.hypot(now.x - before.x, now.y - before.y) + Math.abs(spread() - wide);
      if (moved < slack) return;
      actions.pan({ x: now.x - before.x, y: now.y - before.y });
      if (held.size > 1) actions.zoom(spread() / wide, now);
    },
    { signal },
  );
  const release = (event: PointerEvent): void => {
    if (!held.delete(event.pointerId)) return;
    if (event.type === 'pointerup' && held.size === 0 && moved < slack)
      actions.choose(placeOf(event), event.pointerType === 'touch');
  };
  element.addEventListener('pointerup', release, { signal });
  element.addEventListener('pointercancel', release, { signal });
  element.addEventListener('pointerleave', () => actions.point(undefined), { signal });
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
      // Fingers on a trackpad that are spread come as small steps with the control key.
      actions.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0018)), placeOf(event));
    },
    { signal, passive: false },
  );
  return () => ending.abort();
}
