import { listStyles } from './styles.ts';

/** Of what is above the list. */
export const searchStyles: string = `${listStyles}
:host{--_accent:var(--likeness-accent,currentColor);--_line:color-mix(in srgb,currentColor 30%,transparent)}
[part=drop]{display:flex;flex-wrap:wrap;gap:.5rem .75rem;align-items:center;padding:1rem;
border:2px dashed var(--_line);border-radius:var(--likeness-radius,.5rem)}
[part=drop].over{border-color:var(--_accent);background:color-mix(in srgb,var(--_accent) 12%,transparent)}
[part=hint]{flex:1 1 12rem;margin:0;font-size:1em}
button{box-sizing:border-box;min-height:2.75rem;padding:.5rem 1rem;font:inherit;font-weight:600;color:inherit;cursor:pointer;
background:color-mix(in srgb,currentColor 8%,transparent);border:1px solid var(--_line);border-radius:var(--likeness-radius,.5rem)}
button:hover{background:color-mix(in srgb,currentColor 15%,transparent)}
button:focus-visible{outline:3px solid var(--likeness-accent,currentColor);outline-offset:2px}
[part~=search]{border:2px solid currentColor}
[part=query]{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin-top:1rem}
canvas{max-width:6rem;max-height:6rem;border-radius:var(--likeness-radius,.5rem);
outline:1px solid color-mix(in srgb,currentColor 14%,transparent);outline-offset:-1px}
[part=name]{min-height:0;font-size:1em;opacity:1;overflow-wrap:anywhere}
progress{flex:1 1 8rem;max-width:24rem;height:.75rem;accent-color:var(--_accent)}
[part=status]{min-height:1.5em;margin:.75rem 0}
@media (forced-colors:active){[part=drop],button{border-color:ButtonBorder}}
`;
