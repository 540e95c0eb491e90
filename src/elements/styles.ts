/** Of the list, which both elements have. */
export const listStyles: string = `
:host{display:block;--_gap:var(--likeness-gap,.75rem);--_columns:var(--likeness-columns,6)}
:host([hidden]),[hidden]{display:none!important}
ul{display:grid;gap:var(--_gap);margin:0;padding:0;list-style:none;
grid-template-columns:repeat(auto-fill,minmax(min(100%,max(var(--likeness-item-size,6rem),
(100% - (var(--_columns) - 1)*var(--_gap))/var(--_columns) - .5px)),1fr))}
a{display:block;color:inherit;text-decoration:none;border-radius:var(--likeness-radius,.5rem)}
a:focus-visible{outline:3px solid var(--likeness-accent,currentColor);outline-offset:2px}
img,i{display:block;box-sizing:border-box;width:100%;height:auto;aspect-ratio:var(--likeness-ratio,1);object-fit:var(--likeness-fit,cover);
border-radius:var(--likeness-radius,.5rem);background:color-mix(in srgb,currentColor 9%,transparent);
outline:1px solid color-mix(in srgb,currentColor 14%,transparent);outline-offset:-1px}
span{display:block;min-height:1lh;font-size:var(--likeness-font-size,.8125em);font-variant-numeric:tabular-nums;opacity:.8}
@media (prefers-reduced-motion:no-preference){img{transition:filter .15s}i{animation:p 1.6s ease-in-out infinite alternate}
@keyframes p{to{opacity:.45}}}
@media (hover:hover){a:hover img{filter:brightness(.92)}}
@media (forced-colors:active){img,i{border:1px solid CanvasText}a:focus-visible{outline-color:Highlight}span{opacity:1}}
`;

const sheets = new WeakMap<Document, Map<string, CSSStyleSheet>>();

/** As a sheet of its own, which no Content-Security-Policy forbids; in browsers without, as an element. */
export function adoptStyles(root: ShadowRoot, css: string): void {
  const { ownerDocument } = root;
  const Sheet = ownerDocument.defaultView?.CSSStyleSheet;
  if (!Sheet || !('adoptedStyleSheets' in root)) {
    if (root.querySelector('style')) return;
    const style = ownerDocument.createElement('style');
    style.textContent = css;
    root.prepend(style);
    return;
  }
  const ofDocument = sheets.get(ownerDocument) ?? new Map<string, CSSStyleSheet>();
  sheets.set(ownerDocument, ofDocument);
  let sheet = ofDocument.get(css);
  if (!sheet) {
    sheet = new Sheet();
    sheet.replaceSync(css);
    ofDocument.set(css, sheet);
  }
  root.adoptedStyleSheets = [sheet];
}
