import { z } from "zod";

import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secretFile, secretUrl, templateText, timeout } from "./keys.ts";

const keys = () => ({
  ...commonKeys(true),
  webhook_url: secretUrl().optional().describe("The channel's webhook; its path is a secret."),
  webhook_url_file: secretFile("that URL"),
  http_config: httpConfig(),
  timeout: timeout(),
});

const checkUrl = (config: object, context: Parameters<typeof requireOneOf>[2]): void =>
  requireOneOf(config, ["webhook_url", "webhook_url_file"], context);

/** An entry of `msteams_configs`: a connector of the old kind, which takes a MessageCard. */
export const MsteamsConfig = z
  .strictObject({
    ...keys(),
    title: templateText('{{ template "msteams.default.title" . }}').describe(
      "Heading; a template.",
    ),
    summary: templateText('{{ template "msteams.default.summary" . }}').describe(
      "What a notification shows; a template.",
    ),
    text: templateText('{{ template "msteams.default.text" . }}').describe(
      "Body in Markdown; a template.",
    ),
  })
  .superRefine(checkUrl);

/** An entry of `msteamsv2_configs`: a workflow, which takes an Adaptive Card. */
export const Msteamsv2Config = z
  .strictObject({
    ...keys(),
    title: templateText('{{ template "msteamsv2.default.title" . }}').describe(
      "Heading; a template.",
    ),
    text: templateText('{{ template "msteamsv2.default.text" . }}').describe(
      "Body in Markdown; a template.",
    ),
  })
  .superRefine(checkUrl);
