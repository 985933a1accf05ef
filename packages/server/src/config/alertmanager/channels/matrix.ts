import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secret, secretFile, templateText, timeout } from "./keys.ts";

/** An entry of `matrix_configs`. */
export const MatrixConfig = z
  .strictObject({
    ...commonKeys(true),
    homeserver: url("http", "https").describe("Address of the server's client API."),
    access_token: secret().optional().describe("Token of the account that writes."),
    access_token_file: secretFile("that token"),
    room_id: z
      .string()
      .regex(/^![^\s/]{1,254}$/, "expected the id of a room, which starts with !")
      .describe("Room that is told: its id, not its address."),
    msgtype: z
      .enum(["m.text", "m.notice"])
      .default("m.text")
      .describe("`m.notice` is shown without making a sound."),
    message: templateText(
      '{{ template "__subject" . }}\n{{ template "sns.default.message" . }}',
    ).describe("The message as text."),
    html: templateText("").describe(
      "The message as HTML, what templates insert is escaped; made from the alerts when empty.",
    ),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) =>
    requireOneOf(value, ["access_token", "access_token_file"], context),
  );
