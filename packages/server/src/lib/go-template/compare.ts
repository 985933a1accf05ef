import { GoDuration, GoTime } from "./time.ts";
import { fail, GoMap, GoObject, GoSlice, stringOf, type Value } from "./values.ts";

const INCOMPATIBLE = "incompatible types for comparison";

/** Kind and value of what can be compared. */
function basic(
  value: Value,
): { kind: string; value: string | number | bigint | boolean } | undefined {
  const text = stringOf(value);
  if (text !== undefined) return { kind: "string", value: text };
  if (value instanceof GoDuration) return { kind: "int", value: value.nanos };
  if (typeof value === "object" || value === undefined) return undefined;
  return { kind: typeof value === "bigint" ? "int" : typeof value, value };
}

const isList = (value: Value): boolean => value instanceof GoMap || value instanceof GoSlice;

/** Nil equals nil; a thing with an inside can be compared with it. */
function equalsNil(a: Value, b: Value): boolean {
  if (a === b) return true;
  return a instanceof GoObject || b instanceof GoObject ? false : fail(INCOMPATIBLE);
}

/** @throws FunctionError */
export function isEqual(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return equalsNil(a, b);
  const [left, right] = [basic(a), basic(b)];
  if (left && right)
    return left.kind === right.kind ? left.value === right.value : fail(INCOMPATIBLE);
  if (isList(a) || isList(b)) return fail("non-comparable type");
  if (a instanceof GoTime && b instanceof GoTime) return a.nanos === b.nanos;
  return left || right ? fail(INCOMPATIBLE) : a === b;
}

/** `eq a b c` is true when a equals any of the others. @throws FunctionError */
export function isEqualToAny(args: readonly Value[]): boolean {
  const [first, ...others] = args;
  if (others.length === 0) fail("missing argument for comparison");
  return others.some((other) => isEqual(first, other));
}

/** @throws FunctionError */
export function isLess(a: Value, b: Value): boolean {
  const [left, right] = [basic(a), basic(b)];
  if (!left || !right) return fail("invalid type for comparison");
  if (left.kind !== right.kind) return fail(INCOMPATIBLE);
  if (left.kind === "boolean") return fail("invalid type for comparison");
  return left.value < right.value;
}
