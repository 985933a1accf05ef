/** From this power of ten on Go's `%g` writes an exponent when it chooses the precision itself. */
const SHORTEST_EXPONENT = 6;

/** The shortest digits that read back as the same number, the first before the decimal point: `d.ddd * 10^exponent`. */
function decompose(magnitude: number): { digits: string; exponent: number } {
  const [mantissa = "", exponent = "0"] = magnitude.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), exponent: Number(exponent) };
}

function notFinite(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return undefined;
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits + "0".repeat(exponent + 1 - digits.length);
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** Writes a number without exponent, however long that gets: Go's strconv.FormatFloat with 'f' and precision -1. */
export function formatPlain(value: number): string {
  const known = notFinite(value);
  if (known !== undefined) return known;
  const { digits, exponent } = decompose(Math.abs(value));
  return (value < 0 || Object.is(value, -0) ? "-" : "") + plain(digits, exponent);
}

/**
 * Writes a number as Go's `%g` and `%v`: the shortest digits, with an exponent of at least two digits below 1e-4 and from
 * 1e6 on.
 */
export function formatShortest(value: number): string {
  const known = notFinite(value);
  if (known !== undefined) return known;
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const { digits, exponent } = decompose(Math.abs(value));
  if (exponent >= -4 && exponent < SHORTEST_EXPONENT) return sign + plain(digits, exponent);
  const size = String(Math.abs(exponent)).padStart(2, "0");
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
}
