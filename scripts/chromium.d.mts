import type { Browser, BrowserContext, LaunchOptions } from 'playwright';

export function missingForChromium(): string[];
export function ensureChromium(): string;
export const chromiumArgs: string[];
export function launchChromium(options?: LaunchOptions): Promise<Browser>;
export function launchPersistentChromium(folder: string, options?: LaunchOptions): Promise<BrowserContext>;
