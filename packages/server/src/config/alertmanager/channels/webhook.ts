import { z } from "zod";

import { duration } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig, notBoth } from "./http-config.ts";
import { secret, secretFile, secretUrl } from "./keys.ts";

/** Headers whose values are texts that a request can carry. */
const headers = () =>
  z.record(
    z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,256}$/, "not a header name"),
    z
      .string()
      .max(8192)
      .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "not a header value")
      .meta({ isSecret: true }),
  );

/** An entry of `webhook_configs`. */
export const WebhookConfig = z
  .strictObject({
    ...commonKeys(true),
    url: secretUrl().optional().describe("Where notifications are posted."),
    url_file: secretFile("that URL"),
    http_config: httpConfig(),
    headers: headers().default({}).describe("Headers to send along, such as `Authorization`."),
    signing_secret: secret()
      .optional()
      .describe("Secret of the signature in `X-Fleetlight-Signature`; none is sent without it."),
    signing_secret_file: secretFile("that secret"),
    max_alerts: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe("Most alerts in one message; 0 is no limit."),
    timeout: duration({ min: "0s", max: "10m" })
      .prefault("10s")
      .describe("How long the receiver may take to answer; 0 is ten minutes."),
  })
  .superRefine((config, context) => {
    notBoth(config, ["url", "signing_secret"], context);
    if (config.url === undefined && config.url_file === undefined)
      context.addIssue({
        code: "custom",
        path: ["url"],
        message: "one of url or url_file must be configured",
      });
  });
