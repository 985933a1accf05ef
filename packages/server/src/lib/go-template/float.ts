/** The digits of a number and where its point is: 0.digits × 10^point. */
interface Decimal {
  digits: string;
  point: number;
}

/** The shortest digits that read back as the same number. */
function shortest(value: number): Decimal {
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const digits = mantissa.replace(".", "").replace(/0+$/, "");
  return digits === "" ? { digits: "", point: 0 } : { digits, point: Number(exponent) + 1 };
}

const bits = new DataView(new ArrayBuffer(8));

/** Every digit of a number: a double is a whole number over a power of two, and so has an end. */
function exact(value: number): Decimal {
  if (value === 0) return { digits: "", point: 0 };
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = (biased === 0 ? 1 : biased) - 1075;
  if (power >= 0) {
    const digits = (mantissa << BigInt(power)).toString();
    return { digits, point: digits.length };
  }
  const scaled = (mantissa * 5n ** BigInt(-power)).toString();
  return { digits: scaled, point: scaled.length + power };
}

/** Keeps so many digits; a half goes to the even digit, as in Go. */
function round({ digits, point }: Decimal, keep: number): Decimal {
  if (keep >= digits.length) return { digits, point };
  if (keep < 0) return { digits: "", point: 0 };
  const head = digits.slice(0, keep);
  const next = digits.charCodeAt(keep) - 48;
  const half = next === 5 && /^0*$/.test(digits.slice(keep + 1));
  const odd = keep > 0 && (digits.charCodeAt(keep - 1) - 48) % 2 === 1;
  if (next < 5 || (half && !odd)) return { digits: head.replace(/0+$/, ""), point };
  const up = (BigInt(head === "" ? "0" : head) + 1n).toString().padStart(keep, "0");
  const grown = up.length > keep ? 1 : 0;
  return { digits: up.replace(/0+$/, ""), point: point + grown };
}

function exponential({ digits, point }: Decimal, precision: number): string {
  const all = digits.padEnd(precision + 1, "0");
  const fraction = precision > 0 ? `.${all.slice(1, precision + 1)}` : "";
  const exponent = digits === "" ? 0 : point - 1;
  const sign = exponent < 0 ? "-" : "+";
  return `${all[0] ?? "0"}${fraction}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function fixed({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (precision === 0) return whole;
  const zeros = Math.min(precision, Math.max(0, -point));
  const rest = digits.slice(Math.max(0, point), Math.max(0, point) + precision - zeros);
  return `${whole}.${"0".repeat(zeros)}${rest.padEnd(precision - zeros, "0")}`;
}

function general(value: number, precision: number): string {
  const short = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const decimal = short ? shortest(value) : round(exact(value), wanted);
  let limit = short ? 6 : wanted;
  if (!short && limit > decimal.digits.length && decimal.digits.length >= decimal.point)
    limit = decimal.digits.length;
  const exponent = decimal.point - 1;
  const count = Math.max(1, decimal.digits.length);
  if (exponent < -4 || exponent >= limit) return exponential(decimal, count - 1);
  return fixed(decimal, Math.max(0, decimal.digits.length - decimal.point));
}

/** Most digits after the point. */
const MAX_PRECISION = 1000;

/** The digits of |value| as Go's strconv writes them; precision -1 takes the shortest. */
export function formatDigits(value: number, verb: "e" | "f" | "g", precision: number): string {
  const size = Math.abs(value);
  const places = Math.min(precision, MAX_PRECISION);
  if (verb === "g") return general(size, places);
  if (verb === "e") {
    const decimal = places < 0 ? shortest(size) : round(exact(size), places + 1);
    return exponential(decimal, places < 0 ? Math.max(0, decimal.digits.length - 1) : places);
  }
  if (places < 0) {
    const decimal = shortest(size);
    return fixed(decimal, Math.max(0, decimal.digits.length - decimal.point));
  }
  const all = exact(size);
  return fixed(round(all, all.point + places), places);
}

/** |value| as a hexadecimal mantissa and a power of two, without its `0x`; precision -1 takes as many digits as there are. */
export function formatHex(value: number, precision: number): string {
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const biased = Number(raw >> 52n);
  let mantissa = raw & 0xfffffffffffffn;
  let power = value === 0 ? 0 : Math.max(1, biased) - 1023;
  if (biased > 0) mantissa |= 1n << 52n;
  // A subnormal number is written with a one before its point as well.
  for (; mantissa !== 0n && mantissa >> 52n === 0n; power--) mantissa <<= 1n;
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(4 * (13 - precision));
    const half = 1n << (drop - 1n);
    const rest = mantissa & ((1n << drop) - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= drop;
    if (mantissa >> 53n !== 0n) {
      mantissa >>= 1n;
      power++;
    }
  }
  const digits = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, "0");
  const shown =
    precision < 0
      ? digits.replace(/0+$/, "")
      : digits.slice(0, precision).padEnd(Math.min(precision, MAX_PRECISION), "0");
  const sign = power < 0 ? "-" : "+";
  const exponent = String(Math.abs(power)).padStart(2, "0");
  return `${mantissa >> 52n}${shown === "" ? "" : `.${shown}`}p${sign}${exponent}`;
}

/** A float as `%v` prints it, with its sign. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + formatDigits(value, "g", -1);
}
