/** The bytes that the two exposition formats give a meaning to, and classes of bytes as bits of one table. */
export const NUL = 0;
export const TAB = 9;
export const NEWLINE = 10;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const COMMA = 44;
export const EQUAL = 61;
export const BACKSLASH = 92;
export const OPEN = 123;
export const CLOSE = 125;

export const LABEL_START = 1;
export const LABEL_CHAR = 2;
export const METRIC_START = 4;
export const METRIC_CHAR = 8;
/** Ends a value of the text format. */
export const TEXT_VALUE_END = 16;
/** Ends a value or a timestamp of OpenMetrics. */
export const WORD_END = 32;
/** Needs a decision inside a quoted string. */
export const QUOTED_STOP = 64;
export const DIGIT = 128;

function classify(): Uint8Array {
  const table = new Uint8Array(256);
  const add = (characters: string, bits: number): void => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      table[code] = (table[code] ?? 0) | bits;
    }
  };
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  add(letters, LABEL_START | LABEL_CHAR | METRIC_START | METRIC_CHAR);
  add("0123456789", LABEL_CHAR | METRIC_CHAR | DIGIT);
  add(":", METRIC_START | METRIC_CHAR);
  add("{ \t\n\0", TEXT_VALUE_END);
  add(" \n\0", WORD_END);
  add('"\\\n\0', QUOTED_STOP);
  return table;
}

export const CLASS: Uint8Array = classify();

/** Whether the byte belongs to a class; false behind the end of the bytes. */
export const isClass = (byte: number | undefined, bits: number): boolean =>
  byte !== undefined && ((CLASS[byte] as number) & bits) !== 0;

export const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
