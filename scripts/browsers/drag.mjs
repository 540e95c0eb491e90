// What a hand does, over the mouse and the keyboard of Playwright and Puppeteer.

/** @param mouse Playwright's or Puppeteer's */
export async function dragWith(mouse, points) {
  const [first, ...rest] = points;
  await mouse.move(...first);
  await mouse.down();
  for (const point of rest) await mouse.move(...point);
  await mouse.up();
}

/** @param keyboard Puppeteer's, which takes one key at a time */
export async function pressWith(keyboard, keys) {
  const held = keys.split('+');
  const key = held.pop();
  for (const one of held) await keyboard.down(one);
  await keyboard.press(key);
  for (const one of held.reverse()) await keyboard.up(one);
}
