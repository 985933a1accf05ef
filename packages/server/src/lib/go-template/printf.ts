import { formatDigits, formatHex } from "./float.ts";
import { isPrintable, printValue, quoteGo } from "./print.ts";
import { GoMap, GoSlice, GoStruct, SafeText, typeName, type Value } from "./values.ts";

/** Widest field, as in Go. */
const MAX_WIDTH = 1_000_000;

interface Spec {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const lengthOf = (text: string): number => {
  let count = 0;
  for (const char of text) if (char !== "") count++;
  return count;
};

function pad(text: string, { width, minus, zero }: Spec): string {
  if (width === undefined) return text;
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  return (zero ? "0" : " ").repeat(missing) + text;
}

/** Zeros go between the sign and the digits. */
function padNumber(sign: string, digits: string, spec: Spec): string {
  const { zero, minus, width } = spec;
  if (!zero || minus || width === undefined) return pad(sign + digits, { ...spec, zero: false });
  return sign + digits.padStart(width - sign.length, "0");
}

const signOf = (negative: boolean, { plus, space }: Spec): string =>
  negative ? "-" : plus ? "+" : space ? " " : "";

const BASES: Readonly<Record<string, readonly [number, string]>> = {
  d: [10, ""],
  v: [10, ""],
  b: [2, "0b"],
  o: [8, "0"],
  O: [8, "0o"],
  x: [16, "0x"],
  X: [16, "0X"],
};

/** Verbs that take a number for a character. */
function formatCharacter(value: bigint, verb: string, spec: Spec): string | undefined {
  const code = Number(value);
  const valid = code >= 0 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
  const char = valid ? String.fromCodePoint(code) : "\ufffd";
  if (verb === "c") return pad(char, spec);
  if (verb === "q") return pad(quoteGo(char, "'", spec.plus), spec);
  if (verb !== "U") return undefined;
  const text = `U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(4, "0")}`;
  return pad(spec.sharp && valid && isPrintable(char) ? `${text} '${char}'` : text, spec);
}

function formatInt(value: bigint, verb: string, spec: Spec): string | undefined {
  const base = BASES[verb];
  if (base === undefined) return formatCharacter(value, verb, spec);
  let digits = (value < 0n ? -value : value).toString(base[0]);
  if (verb === "X") digits = digits.toUpperCase();
  if (spec.precision !== undefined) {
    digits = digits.padStart(Math.min(spec.precision, MAX_WIDTH), "0");
    if (spec.precision === 0 && value === 0n) digits = "";
  }
  const isPrefixed = spec.sharp && !(verb === "o" && digits.startsWith("0"));
  const prefix = isPrefixed || verb === "O" ? base[1] : "";
  const zero = spec.zero && spec.precision === undefined;
  return padNumber(signOf(value < 0n, spec) + prefix, digits, { ...spec, zero });
}

/** Infinity has a sign always, what is no number only when one is asked for. */
function formatSpecial(value: number, spec: Spec): string {
  const plain = { ...spec, zero: false };
  if (Number.isNaN(value)) return pad(`${signOf(false, spec)}NaN`, plain);
  const sign = value < 0 ? "-" : spec.space && !spec.plus ? " " : "+";
  return pad(`${sign}Inf`, plain);
}

/** The digits of a number without its sign; undefined for a verb that floats do not have. */
function floatDigits(
  value: number,
  verb: string,
  precision: number | undefined,
): string | undefined {
  const kind = verb === "v" ? "g" : verb.toLowerCase();
  if (kind === "x") return `0x${formatHex(value, precision ?? -1)}`;
  if (kind !== "e" && kind !== "f" && kind !== "g") return undefined;
  return formatDigits(value, kind, precision ?? (kind === "g" ? -1 : 6));
}

function formatFloat(value: number, verb: string, spec: Spec): string | undefined {
  const digits = floatDigits(value, verb, spec.precision);
  if (digits === undefined) return undefined;
  if (!Number.isFinite(value)) return formatSpecial(value, spec);
  const text = /[A-Z]/.test(verb) ? digits.toUpperCase() : digits;
  return padNumber(signOf(value < 0 || Object.is(value, -0), spec), text, spec);
}

/** Whether a text can stand between backticks. */
const isRaw = (text: string): boolean => !/[`\uFEFF\u007f]|(?!\t)\p{Cc}/u.test(text);

function formatText(value: string, verb: string, spec: Spec): string | undefined {
  const { precision } = spec;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join("");
  switch (verb) {
    case "s":
    case "v":
      return pad(cut, spec);
    case "q":
      return pad(spec.sharp && isRaw(cut) ? `\`${cut}\`` : quoteGo(cut, '"', spec.plus), spec);
    case "x":
    case "X": {
      const hex = Buffer.from(value).subarray(0, precision).toString("hex");
      return pad(verb === "X" ? hex.toUpperCase() : hex, spec);
    }
    default:
      return undefined;
  }
}

function formatLeaf(
  value: string | number | bigint | boolean,
  verb: string,
  spec: Spec,
): string | undefined {
  switch (typeof value) {
    case "string":
      return verb === "v" && spec.sharp ? pad(quoteGo(value), spec) : formatText(value, verb, spec);
    case "bigint":
      return formatInt(value, verb, spec);
    case "number":
      return formatFloat(value, verb, spec);
    default:
      return verb === "t" || verb === "v" ? pad(String(value), spec) : undefined;
  }
}

/** What is printed in place of a value that the verb does not fit. */
function wrongVerb(value: Value, verb: string, spec: Spec): string {
  if (value === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${formatValue(value, "v", spec)})`;
}

/** A plus before v names the fields of structs, and is no sign of numbers. */
const formatAny = (value: Value, verb: string, spec: Spec): string =>
  verb === "v" && spec.plus
    ? formatValue(value, verb, { ...spec, plus: false }, true)
    : formatValue(value, verb, spec);

function formatValue(value: Value, verb: string, spec: Spec, isNaming = false): string {
  if (verb === "T") return pad(typeName(value), spec);
  if (value === undefined) return verb === "v" ? pad("<nil>", spec) : wrongVerb(value, verb, spec);
  if (typeof value !== "object")
    return formatLeaf(value, verb, spec) ?? wrongVerb(value, verb, spec);
  if (value instanceof SafeText) return formatValue(value.value, verb, spec);
  const nested = value instanceof GoSlice || value instanceof GoMap || value instanceof GoStruct;
  const text = value.text();
  if (text !== undefined && "svqxX".includes(verb))
    return formatText(text, verb, spec) ?? wrongVerb(value, verb, spec);
  if (!nested) return text === undefined ? wrongVerb(value, verb, spec) : pad(text, spec);
  const leaf = (one: string | number | bigint | boolean) =>
    formatLeaf(one, verb, spec) ?? wrongVerb(one, verb, spec);
  return printValue(value, { names: isNaming, leaf });
}

const SPEC = /([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d*))?(?:\[(\d+)\])?/y;

/** Go's Sprintf over the values of templates. */
class Printer {
  private readonly format: string;
  private readonly args: readonly Value[];
  private readonly maxLength: number;
  private next = 0;
  private indexed = false;

  constructor(format: string, args: readonly Value[], maxLength: number) {
    this.format = format;
    this.args = args;
    this.maxLength = maxLength;
  }

  run(): string {
    const { format } = this;
    let result = "";
    for (let at = 0; at < format.length;) {
      const percent = format.indexOf("%", at);
      if (percent < 0) {
        result += format.slice(at);
        break;
      }
      result += format.slice(at, percent);
      if (result.length > this.maxLength) return result;
      SPEC.lastIndex = percent + 1;
      const found = SPEC.exec(format);
      at = percent + 1 + (found?.[0].length ?? 0);
      const verb = String.fromCodePoint(format.codePointAt(at) ?? 0);
      if (at >= format.length) return `${result}%!(NOVERB)${this.extra()}`;
      at += verb.length;
      result += verb === "%" ? "%" : this.one(verb, found ?? []);
    }
    return result + this.extra();
  }

  private one(verb: string, found: readonly (string | undefined)[]): string {
    const [, flags = "", widthIndex, width, point, precisionIndex, precision = "", index] = found;
    const spec: Spec = {
      plus: flags.includes("+"),
      minus: flags.includes("-"),
      sharp: flags.includes("#"),
      space: flags.includes(" "),
      zero: flags.includes("0") && !flags.includes("-"),
      width: undefined,
      precision: undefined,
    };
    let trouble = "";
    if (width !== undefined) {
      const size = this.number(width, widthIndex);
      if (size === undefined) trouble += "%!(BADWIDTH)";
      else {
        spec.width = Math.abs(size);
        if (size < 0) spec.minus = true;
      }
    }
    if (point !== undefined) {
      const size = precision === "" ? 0 : this.number(precision, precisionIndex);
      if (size === undefined || size < 0) trouble += "%!(BADPREC)";
      else spec.precision = size;
    }
    if (!this.jump(index ?? (width === undefined ? widthIndex : undefined)))
      return `${trouble}%!${verb}(BADINDEX)`;
    if (this.next >= this.args.length) return `${trouble}%!${verb}(MISSING)`;
    return trouble + formatAny(this.args[this.next++], verb, spec);
  }

  /** `[n]` chooses the argument. */
  private jump(index: string | undefined): boolean {
    if (index === undefined) return true;
    this.indexed = true;
    const place = Number(index) - 1;
    if (!(place >= 0 && place < this.args.length)) return false;
    this.next = place;
    return true;
  }

  private number(text: string, index: string | undefined): number | undefined {
    if (text !== "*") return Number(text) <= MAX_WIDTH ? Number(text) : undefined;
    if (!this.jump(index)) return undefined;
    const value = this.args[this.next++];
    const size = typeof value === "bigint" ? Number(value) : undefined;
    return size !== undefined && Math.abs(size) <= MAX_WIDTH ? size : undefined;
  }

  private extra(): string {
    if (this.indexed || this.next >= this.args.length) return "";
    const rest = this.args.slice(this.next).map((value) => {
      if (value === undefined) return "<nil>";
      return `${typeName(value)}=${printValue(value)}`;
    });
    return `%!(EXTRA ${rest.join(", ")})`;
  }
}

/** @param maxLength after which the rest is not made any more; the caller refuses what is longer. */
export const sprintf = (format: string, args: readonly Value[], maxLength: number): string =>
  new Printer(format, args, maxLength).run();
