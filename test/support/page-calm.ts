/** Runs in a page: adds up how far what is on the screen moves by itself. */
export function watchShifts(): void {
  const watched = window as unknown as { shifted: number };
  watched.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      hadRecentInput: boolean;
      value: number;
    })[])
      if (!entry.hadRecentInput) watched.shifted += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Runs in a page: the pictures of its list that are on the screen, and where. */
export function onScreen(): string[] {
  return [...document.querySelectorAll<HTMLElement>('.rows [data-id]')].flatMap((cell) => {
    const { left, top, bottom, width } = cell.getBoundingClientRect();
    const place = [left, top, width].map(Math.round).join(' ');
    return bottom > 0 && top < innerHeight ? [`${cell.dataset.id} ${place}`] : [];
  });
}
