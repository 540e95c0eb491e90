import type { Browser, LaunchOptions } from 'playwright';

export function ensureChromium(): string;
export const chromiumArgs: string[];
export function launchChromium(options?: LaunchOptions): Promise<Browser>;
