import type { Browser, Page } from 'playwright';

export interface Size {
  width: number;
  height: number;
}
export interface View {
  name: string;
  address: string;
  wait: string;
  part: string;
  empty?: boolean;
  act?(page: Page): Promise<void>;
}
export interface Shot {
  view: View;
  size: Size;
  locale: string;
  name: string;
}
export interface Difference {
  mean: number;
  block: number;
}
export const windows: Size[];
export const schemes: string[];
export const views: View[];
export const tolerance: Difference;
export function shots(): Generator<Shot>;
export function ensureIndex(): string;
export function servePage(...args: string[]): Promise<{ url: string; pid: number; close(): void }>;
export function photograph(
  browser: Browser,
  options: { urls: { empty: string; filled: string }; wanted?: Shot[] },
  save: (name: string, png: Buffer, page: Page) => Promise<void>,
): Promise<void>;
export function settled(page: Page): Promise<void>;
export function difference(found: Buffer, baseline: Buffer | string): Promise<Difference>;
