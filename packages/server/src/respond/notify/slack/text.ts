import type { ChannelTemplates, Notification } from "../channel.ts";
import { fitCharacters, fitLine } from "../fit-text.ts";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** What a value needs so that Slack takes it for text: nothing else begins a link or calls everybody. */
export const escapeSlack = (value: string): string =>
  value.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);

/** Half of an entity that a cut left behind. */
const withoutHalf = (text: string): string => text.replace(/&[a-z]{0,3}…$/, "…");

export const fitSlack = (text: string, max: number): string =>
  withoutHalf(fitCharacters(text, max));
export const fitSlackLine = (text: string, max: number): string => withoutHalf(fitLine(text, max));

/** Expands a template for Slack: what it inserts is escaped, what its author wrote may be markup. */
export const expanderOf =
  (templates: ChannelTemplates, notification: Notification) =>
  (template: string): string =>
    templates.escaped(template, notification, escapeSlack);

export type Expand = ReturnType<typeof expanderOf>;
