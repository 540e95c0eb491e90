import type { ComponentChildren } from 'preact';
import { actions } from '../work/actions.ts';
import { canKeepFolders } from '../work/collections/platform.ts';

/** A button that opens the browser's chooser of files or of a folder. */
export function FileButton({
  id,
  class: kind = '',
  accept,
  multiple = false,
  folder = false,
  use,
  children,
}: {
  id: string;
  class?: string;
  accept?: string;
  multiple?: boolean;
  folder?: boolean;
  use(files: File[]): void;
  children: ComponentChildren;
}) {
  return (
    <label class={`button ${kind}`}>
      {children}
      <input
        id={id}
        type="file"
        accept={accept}
        multiple={multiple || folder}
        {...(folder ? { webkitdirectory: true } : {})}
        onClick={(event) => {
          // Where a folder can be kept, the browser's other chooser gives one that can be opened again.
          if (!folder || !canKeepFolders()) return;
          event.preventDefault();
          actions.addFolder();
        }}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ''; // the same file may be chosen again
          if (files.length > 0) use(files);
        }}
      />
    </label>
  );
}
