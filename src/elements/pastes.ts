/** An element that takes pasted pictures. */
interface Taker extends HTMLElement {
  pasted(data: DataTransfer): unknown;
}

/** Pasting is of the whole page: the element with the focus gets it, else the first. */
const onPage = new Set<Taker>();

export function takePastes(taker: Taker): void {
  if (onPage.size === 0) document.addEventListener('paste', onPaste);
  onPage.add(taker);
}

export function leavePastes(taker: Taker): void {
  onPage.delete(taker);
  if (onPage.size === 0) document.removeEventListener('paste', onPaste);
}

/** A picture that is pasted anywhere but into a text. */
function onPaste(event: ClipboardEvent): void {
  const at = event.composedPath()[0] as Partial<HTMLElement> | undefined;
  if (event.defaultPrevented || at?.isContentEditable || /^(input|textarea)$/.test(at?.localName ?? ''))
    return;
  if (!event.clipboardData?.files.length) return;
  const [first] = onPage;
  const focused = [...onPage].find((element) => element.matches(':focus-within'));
  event.preventDefault();
  void (focused ?? first)?.pasted(event.clipboardData);
}
