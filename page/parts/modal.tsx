import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { modals } from '../state/modals.ts';
import { Tray } from './tray.tsx';

/** A modal dialog of the platform: it keeps the focus, and Escape closes it. */
export function Modal({
  id,
  label,
  close,
  children,
}: {
  id: string;
  label: string;
  close(): void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const latest = useRef(close);
  latest.current = close;
  const isGone = useRef(false);
  useEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement;
    element.showModal();
    modals.value = [...modals.value, id];
    // A click beside the dialog is one on the dialog itself; one that began inside was a drag.
    let began: EventTarget | null = null;
    const onPress = ({ target }: Event): void => {
      began = target;
    };
    const onClick = ({ target, clientX, clientY }: MouseEvent): void => {
      if (target !== element || began !== element) return;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const isBeside = clientX < left || clientX > right || clientY < top || clientY > bottom;
      if (isBeside) latest.current();
    };
    element.addEventListener('pointerdown', onPress);
    element.addEventListener('click', onClick);
    return () => {
      modals.value = modals.value.filter((one) => one !== id);
      isGone.current = true;
      // A dialog gives the focus back when it is closed; this one is taken out of the page.
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      id={id}
      ref={dialog}
      aria-label={label}
      onCancel={(event) => {
        // The chooser of files has a cancel event, too.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        close();
      }}
      onClose={({ target, currentTarget }) => {
        // Chromium lets a page hold on to its dialog once: the next Escape closes it.
        if (target === currentTarget && !isGone.current) close();
      }}
    >
      {children}
      {modals.value.at(-1) === id && <Tray />}
    </dialog>
  );
}
