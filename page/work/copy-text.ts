/** Copies a text to the clipboard; answers whether the browser let it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without https have no such interface, and a policy may forbid it.
    return copyOldWay(text);
  }
}

function copyOldWay(text: string): boolean {
  const give = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener('copy', give, { capture: true });
  try {
    return document.execCommand('copy');
  } finally {
    removeEventListener('copy', give, { capture: true });
  }
}
