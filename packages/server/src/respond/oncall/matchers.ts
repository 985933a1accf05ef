import type { LabelMatcher } from "@fleetlight/contract";
import { makeMatcher, type Matcher } from "#lib";

/** Matchers of the API, ready to be asked. @throws FleetlightError `bad_request` for a bad regular expression. */
export const compileMatchers = (matchers: readonly LabelMatcher[]): Matcher[] =>
  matchers.map(({ name, value, isRegex, isEqual }) =>
    makeMatcher(name, isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=", value),
  );
