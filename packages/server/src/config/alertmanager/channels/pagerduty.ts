import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig, notBoth } from "./http-config.ts";
import { secret, secretFile, templateText, timeout } from "./keys.ts";

/** What PagerDuty knows of severities. */
const PAGERDUTY_SEVERITIES = ["critical", "error", "warning", "info"] as const;

const image = z.strictObject({
  src: templateText("").describe("Address of the picture; without one it is left out."),
  alt: templateText("").describe("What it shows."),
  href: templateText("").describe("Where it leads."),
});

const link = z.strictObject({
  href: templateText("").describe("Where it leads; without one it is left out."),
  text: templateText("").describe("What it is called."),
});

/** An entry of `pagerduty_configs`. */
export const PagerdutyConfig = z
  .strictObject({
    ...commonKeys(true),
    routing_key: secret().optional().describe("Integration key of Events API v2."),
    routing_key_file: secretFile("that key"),
    service_key: secret()
      .optional()
      .describe("Integration key of type “Prometheus” (Events API v1)."),
    service_key_file: secretFile("that key"),
    url: url("http", "https").optional().describe("Where events of API v2 are posted."),
    client: templateText('{{ template "pagerduty.default.client" . }}').describe(
      "Who monitors; a template.",
    ),
    client_url: templateText('{{ template "pagerduty.default.clientURL" . }}').describe(
      "Link back to us; a template.",
    ),
    description: templateText('{{ template "pagerduty.default.description" . }}').describe(
      "Summary of the incident; a template.",
    ),
    severity: templateText("").describe(
      "`critical`, `error`, `warning` or `info`; a template. When left out it follows from the alerts' `severity` by `severity_mapping`.",
    ),
    severity_mapping: z
      .record(z.string().min(1).max(64), z.enum(PAGERDUTY_SEVERITIES))
      .default({})
      .describe(
        "Values of the label `severity` and what they are to PagerDuty, besides the usual ones.",
      ),
    details: z
      .record(z.string().max(1024), templateText(""))
      .default({})
      .describe("Further facts, by name; templates."),
    images: z.array(image).max(100).default([]).describe("Pictures of the incident."),
    links: z.array(link).max(100).default([]).describe("Links of the incident."),
    source: templateText("").describe("What is affected; `client` when left out."),
    class: templateText("").describe("Kind of the event; a template."),
    component: templateText("").describe("Part of the source that is affected; a template."),
    group: templateText("").describe("What the component belongs to; a template."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((config, context) => {
    notBoth(config, ["routing_key", "service_key"], context);
    const keys = ["routing_key", "routing_key_file", "service_key", "service_key_file"] as const;
    if (keys.every((key) => config[key] === undefined))
      context.addIssue({
        code: "custom",
        message: "missing service or routing key in PagerDuty config",
      });
  });
