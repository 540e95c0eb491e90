import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/**
 * Keeps pictures where they are while a box is drawn over one of them. Numbers and other buttons come below it then, and
 * answers may come late: a picture that moved would leave the pointer.
 *
 * While a pointer is down, captions have the height that they had. Until the box is gone they get no smaller.
 *
 * @param shown the picture; another one has captions of its own
 * @param hasBox whether there is a box over one of the pictures
 * @returns for the element that holds the panes
 */
export function useSteadyPictures(shown: string, hasBox: boolean) {
  const panes = useRef<HTMLDivElement>(null);
  const captions = (): HTMLElement[] => [
    ...(panes.current?.querySelectorAll<HTMLElement>(':scope > figure > figcaption') ?? []),
  ];
  const hold = (isDown: boolean): void => {
    for (const caption of captions()) {
      const height = `${caption.getBoundingClientRect().height}px`;
      caption.style.minBlockSize = height;
      if (isDown) caption.style.blockSize = height;
    }
  };
  const grow = (): void => {
    for (const { style } of captions()) style.blockSize = '';
  };
  const letGo = (): void => {
    for (const { style } of captions()) style.minBlockSize = style.blockSize = '';
  };
  useLayoutEffect(() => {
    if (!hasBox) letGo();
  }, [shown, hasBox]);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    // A pointer may go up anywhere.
    for (const type of ['pointerup', 'pointercancel'])
      addEventListener(type, grow, { signal, capture: true });
    addEventListener('resize', letGo, { signal });
    return () => controller.abort();
  }, []);
  return { ref: panes, onPointerDownCapture: () => hold(true), onClickCapture: () => hold(false) };
}
