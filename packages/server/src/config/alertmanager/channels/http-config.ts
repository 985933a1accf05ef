import { z } from "zod";

import { checkHttpClient, httpClientKeys } from "../../prometheus/http-client.ts";

/** `http_config` of an integration. */
export const httpConfig = () =>
  z
    .strictObject(httpClientKeys)
    .superRefine((client, context) =>
      checkHttpClient(client, (path, message) =>
        context.addIssue({ code: "custom", path, message }),
      ),
    )
    .optional()
    .describe("How requests are made, as in Prometheus' `http_config`.");

interface Reporter {
  addIssue(issue: { code: "custom"; path: string[]; message: string }): void;
}

/** A text and the file that it may be in instead are not both given; the words are upstream's. */
export function notBoth(value: object, keys: readonly string[], context: Reporter): void {
  for (const key of keys) {
    const given = value as Record<string, unknown>;
    if (given[key] !== undefined && given[`${key}_file`] !== undefined)
      context.addIssue({
        code: "custom",
        path: [`${key}_file`],
        message: `at most one of ${key} & ${key}_file must be configured`,
      });
  }
}
