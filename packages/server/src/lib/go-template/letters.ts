/** Go maps letter to letter: it has no capital for ß. */
const byLetter = (text: string, change: (letter: string) => string): string =>
  Array.from(text, (letter) => {
    const changed = change(letter);
    return [...changed].length === 1 ? changed : letter;
  }).join("");

export const toUpper = (text: string): string => byLetter(text, (letter) => letter.toUpperCase());
export const toLower = (text: string): string => byLetter(text, (letter) => letter.toLowerCase());

/** The first letter of each word in upper case; the rest stays. */
export const capitalize = (text: string): string =>
  text.replace(
    /(^|[^\p{L}\p{Nd}_])(\p{L})/gu,
    (_, before: string, letter: string) => before + toUpper(letter),
  );
