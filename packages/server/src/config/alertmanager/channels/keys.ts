import { z } from "zod";

import { duration, file, url } from "../../fields.ts";

declare module "zod" {
  interface GlobalMeta {
    /** Lets somebody in: it is shown as `<secret>` wherever a configuration is shown. */
    isSecret?: boolean;
  }
}

/** A text that lets somebody in. */
export const secret = () => z.string().min(1).max(4096).meta({ isSecret: true });

/** A URL that lets somebody in, as those of incoming webhooks do. */
export const secretUrl = () => url("http", "https").meta({ isSecret: true });

/** The file that a secret is read from instead. */
export const secretFile = (what: string) =>
  file().optional().describe(`File with ${what}, read at each attempt.`);

const MAX_TEMPLATE_CHARACTERS = 65_536;

/** A text in which templates are expanded. */
export const templateText = (text: string) => z.string().max(MAX_TEMPLATE_CHARACTERS).default(text);

/** How long a receiver may take to answer. */
export const timeout = () =>
  duration({ min: "100ms", max: "10m" })
    .prefault("10s")
    .describe("How long the receiver may take to answer.");

interface Reporter {
  addIssue(issue: { code: "custom"; path: string[]; message: string }): void;
}

/** One of two keys must be there, and not both; the words are upstream's. */
export function requireOneOf(
  value: object,
  [first, second]: readonly [string, string],
  context: Reporter,
): void {
  const given = [first, second].filter(
    (key) => (value as Record<string, unknown>)[key] !== undefined,
  );
  if (given.length === 1) return;
  const message =
    given.length === 0
      ? `one of ${first} or ${second} must be configured`
      : `at most one of ${first} & ${second} must be configured`;
  context.addIssue({ code: "custom", path: given.length === 0 ? [] : [second], message });
}
