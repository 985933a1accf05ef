const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9]+)$/;
const WORD = /^[+-]?(?:inf|infinity|nan)$/i;

/** A number as Go's strconv.ParseFloat reads it; undefined where that fails, also for finite numbers out of range. */
export function parseGoFloat(text: string): number | undefined {
  if (WORD.test(text)) {
    if (/nan$/i.test(text)) return /^n/i.test(text) ? NaN : undefined;
    return text.startsWith("-") ? -Infinity : Infinity;
  }
  const value = DECIMAL.test(text) ? Number(text) : hexadecimal(text);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function hexadecimal(text: string): number | undefined {
  const found = HEXADECIMAL.exec(text);
  if (!found) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = found;
  // Underscores stand between digits, or between the prefix and a digit.
  if (/__|_$|_\.|\._/.test(`${whole}.${fraction}`.replace(/\.$/, ""))) return undefined;
  const digits = (whole + fraction).replaceAll("_", "");
  if (digits === "") return undefined;
  const places = fraction.replaceAll("_", "").length;
  const value = Number(`0x${digits}`) * 2 ** (Number(exponent) - 4 * places);
  return sign === "-" ? -value : value;
}
