import { HUES, hueVariable, tokenColour } from "./colours.ts";

/** A hue of tokens.css (1 to 8) and how far it is mixed with the text or the ground; 0 is the hue itself. */
export interface Colour {
  hue: number;
  shade: number;
}

/** Shades of one family: towards the text, then towards the ground, ever further. */
const MIXES: readonly (readonly [token: "--fl-text" | "--fl-panel", percent: number])[] = [
  ["--fl-text", 0],
  ["--fl-text", 36],
  ["--fl-panel", 34],
  ["--fl-text", 62],
  ["--fl-panel", 52],
];

const mixOf = (shade: number) => MIXES[shade % MIXES.length] ?? (["--fl-text", 0] as const);

/** A colour for markup. */
export const colourVariable = ({ hue, shade }: Colour): string => {
  const [token, percent] = mixOf(shade);
  return percent === 0
    ? hueVariable(hue)
    : `color-mix(in srgb, ${hueVariable(hue)} ${100 - percent}%, var(${token}))`;
};

/** Mixes two colours written `#rrggbb`; anything else gives the first one. */
export const mixHex = (from: string, to: string, percent: number): string => {
  const read = (text: string) => /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)?.slice(1);
  const [a, b] = [read(from), read(to)];
  if (a === undefined || b === undefined) return from;
  const parts = a.map((part, index) => {
    const [start, end] = [Number.parseInt(part, 16), Number.parseInt(b[index] ?? part, 16)];
    return Math.round(start + ((end - start) * percent) / 100)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
};

/** The same colour for a canvas, in the theme in force. */
export const colourPixels = ({ hue, shade }: Colour): string => {
  const [token, percent] = mixOf(shade);
  return mixHex(tokenColour(`--fl-${hue}`), tokenColour(token), percent);
};

/** Colours of the only family of a picture: every hue once, then each again in its next shade. */
export const spread = (index: number): Colour => ({
  hue: (index % HUES) + 1,
  shade: Math.floor(index / HUES) % MIXES.length,
});

/** Colours of one of several families, which share a hue. */
export const within = (hue: number, index: number): Colour => ({
  hue,
  shade: index % MIXES.length,
});
