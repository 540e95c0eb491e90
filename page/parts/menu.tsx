import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A button that opens a few more of them; it closes when one was used, on Escape, and by a click elsewhere. */
export function Menu({
  id,
  label,
  class: kind = '',
  children,
}: {
  id: string;
  label: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const element = menu.current!;
    const close = (): void => {
      element.open = false;
    };
    const onOutside = ({ target }: Event): void => {
      if (!element.contains(target as Node)) close();
    };
    addEventListener('pointerdown', onOutside);
    addEventListener('focusin', onOutside);
    element.addEventListener('change', close);
    return () => {
      removeEventListener('pointerdown', onOutside);
      removeEventListener('focusin', onOutside);
      element.removeEventListener('change', close);
    };
  }, []);
  return (
    <details
      id={id}
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !menu.current!.open) return;
        event.preventDefault();
        menu.current!.open = false;
        menu.current!.querySelector('summary')!.focus();
      }}
    >
      <summary class={`button ${kind}`}>{label}</summary>
      <div class="menu-items">{children}</div>
    </details>
  );
}
