import { badRequest, makeAlertMatcher, type Matcher } from "#lib";

import type { SilenceInput, SilenceMatcher } from "../alertmanager.ts";

/** Limits of one silence; label names and values have those of alerts. */
const MAX_MATCHERS = 64;
const MAX_TEXT = 8192;
/** Half a surrogate pair has no form in UTF-8, which names may be written in. */
const NOT_UTF8 = /\p{Surrogate}/u;

/** A value that no label has by chance, to see whether a matcher accepts just anything. */
const ANYTHING = "\u{10fffd}any label value at all\u{10fffd}";

/** @throws FleetlightError `bad_request` for a bad name or regular expression. */
export function readMatchers(matchers: readonly SilenceMatcher[]): Matcher[] {
  if (matchers.length === 0) throw badRequest("invalid silence: at least one matcher required");
  if (matchers.length > MAX_MATCHERS)
    throw badRequest(`invalid silence: at most ${MAX_MATCHERS} matchers`);
  return matchers.map(({ name, operator, value }) => {
    if (name === "" || NOT_UTF8.test(name) || name.length > MAX_TEXT)
      throw badRequest(`invalid silence: invalid label name ${JSON.stringify(name.slice(0, 200))}`);
    if (value.length > MAX_TEXT)
      throw badRequest(`invalid silence: the value of ${name} is longer than ${MAX_TEXT}`);
    return makeAlertMatcher(name, operator, value);
  });
}

/** Whether matchers match every alert that has their labels, or even every alert there is. */
const matchesAll = (matchers: readonly Matcher[]): boolean =>
  matchers.every((matcher) => matcher.test(ANYTHING));

/**
 * Upstream's rules, and one of ours: a silence for everything must be meant so.
 * @throws FleetlightError `bad_request`.
 */
export function checkSilence(
  input: SilenceInput,
  { nowMs, confirmed }: { nowMs: number; confirmed: boolean },
): Matcher[] {
  const matchers = readMatchers(input.matchers);
  if (matchers.every((matcher) => matcher.test("")))
    throw badRequest("invalid silence: at least one matcher must not match the empty string");
  if (!confirmed && matchesAll(matchers))
    throw badRequest(
      "the silence matches every alert with these labels, whatever their values: confirm that this is meant",
      [{ path: "matchers", message: "matches everything" }],
    );
  if (input.endsAtMs <= input.startsAtMs)
    throw badRequest("invalid silence: start time must be before end time");
  if (input.endsAtMs < nowMs) throw badRequest("invalid silence: end time can't be in the past");
  for (const key of ["comment", "createdBy"] as const)
    if (input[key].length > MAX_TEXT)
      throw badRequest(`invalid silence: ${key} is longer than ${MAX_TEXT}`);
  return matchers;
}
