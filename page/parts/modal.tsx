import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

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
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    // A click beside the dialog is one on the dialog itself.
    const onClick = ({ target }: MouseEvent): void => {
      if (target === element) close();
    };
    element.addEventListener('click', onClick);
    return () => element.removeEventListener('click', onClick);
  }, []);
  return (
    <dialog
      id={id}
      ref={dialog}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      {children}
    </dialog>
  );
}
