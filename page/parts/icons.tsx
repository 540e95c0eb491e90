import type { ComponentChildren } from 'preact';

/** A drawing of 24 × 24 in the text's colour; the name beside it says what it means. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </Icon>
);

/** All of it: four corners. */
export const WholeIcon = () => (
  <Icon>
    <path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" />
  </Icon>
);

export const AddIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);

export const SettingsIcon = () => (
  <Icon>
    <path d="M4 7h9M19 7h1M4 17h1M11 17h9" />
    <circle cx="16" cy="7" r="2.5" />
    <circle cx="8" cy="17" r="2.5" />
  </Icon>
);

export const PicturesIcon = () => (
  <Icon>
    <rect x="3.5" y="4.5" width="17" height="15" rx="2.5" />
    <circle cx="9" cy="10" r="1.5" />
    <path d="m4 17 5-4 3.5 2.5 3.5-4 4.5 4.5" />
  </Icon>
);

export const DuplicatesIcon = () => (
  <Icon>
    <rect x="3.5" y="3.5" width="12" height="12" rx="2.5" />
    <path d="M19 8.5a1.5 1.5 0 0 1 1.5 1.5v8.5a2 2 0 0 1-2 2H10A1.5 1.5 0 0 1 8.5 19" />
  </Icon>
);

export const MapIcon = () => (
  <Icon>
    <circle cx="7" cy="8" r="2.5" />
    <circle cx="16.5" cy="6.5" r="1.750" />
    <circle cx="16" cy="15.5" r="3" />
    <circle cx="7.5" cy="17.5" r="1.5" />
  </Icon>
);

export const LockIcon = () => (
  <Icon>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2.5" />
    <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

/** The mark of Likeness: two rings that overlap. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" />
    <circle cx="13" cy="16" r="6.5" />
    <circle cx="19" cy="16" r="6.5" />
  </svg>
);

export const NextIcon = () => (
  <Icon>
    <path d="m9 5 7 7-7 7" />
  </Icon>
);
