// Chromium, by Playwright.
import { launchChromium, missingForChromium } from '../chromium.mjs';
import { overPlaywright } from './playwright.mjs';

export const chromium = {
  name: 'Chromium',
  flag: '--browser',
  missing: () => missingForChromium(),
  launch: async () => overPlaywright('Chromium', await launchChromium()),
};
