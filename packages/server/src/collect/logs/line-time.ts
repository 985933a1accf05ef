const NS_PER_MS = 1_000_000n;
const DATE =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** Unix time in seconds, milliseconds, microseconds or nanoseconds, whichever is near our time. */
function ofNumber(value: number): bigint | undefined {
  if (!Number.isFinite(value) || value < 0) return undefined;
  if (value < 1e11) return BigInt(Math.round(value * 1e6)) * 1000n;
  if (value < 1e14) return BigInt(Math.round(value * 1e3)) * 1000n;
  if (value < 1e17) return BigInt(Math.round(value)) * 1000n;
  return value < 1.8e19 ? BigInt(Math.round(value)) : undefined;
}

function ofText(text: string): bigint | undefined {
  if (/^\d{18,19}$/.test(text)) return BigInt(text);
  if (/^\d+(\.\d+)?$/.test(text)) return ofNumber(Number(text));
  const found = DATE.exec(text);
  // A time without a zone is taken as UTC, which is what a fleet's hosts run in.
  const ms =
    found === null
      ? Date.parse(text)
      : Date.parse(`${found[1]}T${found[2]}${(found[4] ?? "Z").replace(/^([+-]\d\d)$/, "$1:00")}`);
  if (!Number.isFinite(ms) || ms < 0) return undefined;
  return BigInt(ms) * NS_PER_MS + BigInt((found?.[3] ?? "").padEnd(9, "0"));
}

/** Unix nanoseconds of what a line says about its time; undefined when it is no time. */
export function lineTime(value: unknown): bigint | undefined {
  if (typeof value === "number") return ofNumber(value);
  return typeof value === "string" ? ofText(value.trim()) : undefined;
}
