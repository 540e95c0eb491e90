import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A question in place of the button that asked for something that cannot be taken back. */
export function Confirm({
  question,
  no,
  onNo,
  children,
}: {
  question: string;
  /** Text of the button that changes nothing; it has the focus. */
  no: string;
  onNo(): void;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLFieldSetElement>(null);
  useEffect(() => box.current!.querySelector<HTMLElement>('.no')!.focus(), []);
  return (
    <fieldset
      class="confirm"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onNo();
      }}
    >
      <legend>{question}</legend>
      <div class="actions">
        {children}
        <button type="button" class="no" onClick={onNo}>
          {no}
        </button>
      </div>
    </fieldset>
  );
}
