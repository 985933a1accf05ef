/**
 * Writes a number as Prometheus' HTTP API does: the shortest digits that read back as the same number, with an exponent
 * of at least two digits below 1e-6 and from 1e21 on (Go's `strconv.FormatFloat` with 'f' and 'e'); `+Inf`, `-0`, `NaN`.
 */
export function formatFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  // JavaScript changes to exponents at the same bounds, but writes `1e-7`, where Go writes `1e-07`.
  const text = String(value);
  const tail = text.length - 3;
  if (tail > 0 && text.charCodeAt(tail) === 101) return `${text.slice(0, -1)}0${text.slice(-1)}`;
  return text;
}
