/** Hues of tokens.css that charts draw with. */
export const HUES = 8;

/** FNV-1a, 32 bits: the same key has the same hue on every page and after every reload. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
};

/**
 * A hue (1 to 8) for each key. A key keeps its own hue unless another of the same picture has it already; then it
 * takes the next free one. With more keys than hues, hues repeat evenly.
 */
export const huesOf = (all: string[]): Map<string, number> => {
  const given = new Map<string, number>();
  const used: number[] = Array.from({ length: HUES }, () => 0);
  for (const key of all) {
    if (given.has(key)) continue;
    const least = Math.min(...used);
    let hue = hash(key) % HUES;
    while (used[hue] !== least) hue = (hue + 1) % HUES;
    used[hue] = least + 1;
    given.set(key, hue + 1);
  }
  return given;
};

/** The hue (1 to 8) of one agent, which is the same on every page. */
export const agentHue = (name: string): number => (hash(name) % HUES) + 1;

/** The CSS colour of a hue, for markup. */
export const hueVariable = (hue: number): string => `var(--fl-${hue})`;

/** The value of a token as the page resolves it now, for a canvas. */
export const tokenColour = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim();
