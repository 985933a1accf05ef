import { z } from "zod";

import { duration } from "../../fields.ts";
import { httpClientKeys } from "../../prometheus/http-client.ts";
import { commonKeys } from "./common.ts";
import { notBoth } from "./http-config.ts";
import { secret, secretFile, templateText } from "./keys.ts";

/** `host:port`, the host in brackets when it is an IPv6 address. */
const smarthost = () =>
  z
    .string()
    .max(512)
    .regex(
      /^(\[[0-9a-f:.%]+\]|[^\s:[\]/@]+):\d{1,5}$/i,
      "expected host and port, such as mail.example.org:587",
    );

const HEADER_NAME = /^[!-9;-~]{1,100}$/;

/** An entry of `email_configs`. */
export const EmailConfig = z
  .strictObject({
    ...commonKeys(false),
    to: z
      .string()
      .min(1, "missing to address in email config")
      .max(16_384)
      .describe("Addresses that are told, separated by commas; a template."),
    from: templateText("").describe("Address of the sender; a template."),
    smarthost: smarthost()
      .optional()
      .describe("Server that takes the mail, as `host:port`; port 465 speaks TLS from the start."),
    hello: z
      .string()
      .max(255)
      .regex(/^[!-~]*$/, "expected a host name")
      .default("localhost")
      .describe("Name under which we greet that server."),
    auth_username: z.string().max(1024).default("").describe("Name to sign in with."),
    auth_password: secret().optional().describe("Password for PLAIN and LOGIN."),
    auth_password_file: secretFile("that password"),
    auth_secret: secret().optional().describe("Secret for CRAM-MD5."),
    auth_secret_file: secretFile("that secret"),
    auth_identity: z
      .string()
      .max(1024)
      .default("")
      .describe("Whom PLAIN acts for, when that is somebody else."),
    require_tls: z
      .boolean()
      .default(true)
      .describe("Whether the server must offer STARTTLS before anything is said to it."),
    tls_config: httpClientKeys.tls_config,
    headers: z
      .record(
        z.string().regex(HEADER_NAME, "not a header name"),
        z.string().max(65_536).describe("Value; a template."),
      )
      .default({})
      .describe("Headers to add or to replace, `Subject` among them; templates."),
    html: templateText('{{ template "email.default.html" . }}').describe(
      "Body as HTML; a template.",
    ),
    text: templateText("").describe("Body as plain text; a template."),
    max_connections: z
      .int()
      .min(1)
      .max(50)
      .default(2)
      .describe("Most connections to the server at once; they are used again."),
    timeout: duration({ min: "100ms", max: "10m" })
      .prefault("30s")
      .describe("How long one mail may take."),
  })
  .superRefine((config, context) => {
    notBoth(config, ["auth_password", "auth_secret"], context);
    const seen = new Set<string>();
    for (const name of Object.keys(config.headers)) {
      const lower = name.toLowerCase();
      if (seen.has(lower))
        context.addIssue({
          code: "custom",
          path: ["headers", name],
          message: `duplicate header "${name}" in email config`,
        });
      seen.add(lower);
    }
  });
