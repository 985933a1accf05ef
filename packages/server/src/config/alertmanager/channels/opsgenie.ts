import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig, notBoth } from "./http-config.ts";
import { secret, secretFile, templateText, timeout } from "./keys.ts";

const RESPONDER_TYPE = /^(team|teams|user|escalation|schedule)$/i;

const responder = z
  .strictObject({
    id: templateText("").describe("Its id; a template."),
    name: templateText("").describe("Its name; several teams by commas when `type` is `teams`."),
    username: templateText("").describe("Its user name; a template."),
    type: templateText("").describe(
      "`team`, `teams`, `user`, `escalation` or `schedule`; a template.",
    ),
  })
  .superRefine((config, context) => {
    if (config.id === "" && config.username === "" && config.name === "")
      context.addIssue({
        code: "custom",
        message: "a responder needs at least one of id, username or name",
      });
    if (!config.type.includes("{{") && !RESPONDER_TYPE.test(config.type))
      context.addIssue({
        code: "custom",
        path: ["type"],
        message: "expected team, teams, user, escalation or schedule",
      });
  });

/** An entry of `opsgenie_configs`. */
export const OpsgenieConfig = z
  .strictObject({
    ...commonKeys(true),
    api_key: secret().optional().describe("Key of an API integration."),
    api_key_file: secretFile("that key"),
    api_url: url("http", "https")
      .optional()
      .describe("Where the API is; `https://api.eu.opsgenie.com/` for accounts in the EU."),
    message: templateText('{{ template "opsgenie.default.message" . }}').describe(
      "What it is about, in 130 characters; a template.",
    ),
    description: templateText('{{ template "opsgenie.default.description" . }}').describe(
      "The whole of it; a template.",
    ),
    source: templateText('{{ template "opsgenie.default.source" . }}').describe(
      "Where it comes from; a template.",
    ),
    details: z
      .record(z.string().max(1024), templateText(""))
      .default({})
      .describe("Facts besides the common labels, by name; templates."),
    entity: templateText("").describe("What is affected; a template."),
    responders: z.array(responder).max(100).default([]).describe("Who is to respond."),
    actions: templateText("").describe("Names of actions that are offered, separated by commas."),
    tags: templateText("").describe("Tags, separated by commas; a template."),
    note: templateText("").describe("A note; a template."),
    priority: templateText("").describe("`P1` to `P5`; a template."),
    update_alerts: z
      .boolean()
      .default(false)
      .describe("Whether message and description of an open alert follow the group."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((config, context) => notBoth(config, ["api_key"], context));
