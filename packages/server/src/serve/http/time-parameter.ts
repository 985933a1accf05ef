import { z } from "zod";

/**
 * A moment in a query: Unix seconds, or ISO 8601.
 * @param accept what becomes of it, Unix milliseconds; undefined refuses it. It is NaN where the text is no time at all.
 * @param text what is asked of the text itself
 */
export const timeParameter = (accept: (ms: number) => number | undefined, text = z.string()) =>
  text.transform((given, context): number => {
    const ms = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1000 : Date.parse(given);
    const accepted = accept(ms);
    if (accepted !== undefined) return accepted;
    context.addIssue({ code: "custom", message: "expected Unix seconds or an ISO 8601 time" });
    return z.NEVER;
  });
