import type { ChannelTemplates, Integration, Notification } from "../channel.ts";
import { fitBytes, fitLine } from "../fit-text.ts";
import { webUrl } from "../links.ts";
import { markValue, renderMarked } from "../marked-text.ts";
import { colourOf, loudnessOf } from "../severity.ts";

/** Teams takes messages of 28 KB; what stands around the text has room in the rest. */
const MAX_TEXT_BYTES = 20_000;
const MAX_TITLE = 500;
const MAX_SUMMARY = 500;
/** Alerts whose sources have a button of their own. */
const MAX_SOURCES = 3;

export interface Card {
  title: string;
  text: string;
  /** The message as it is posted. */
  message: Record<string, unknown>;
}

interface Texts {
  title: string;
  text: string;
}

function expandTexts(config: Texts, notification: Notification, templates: ChannelTemplates) {
  const expand = (template: string): string =>
    renderMarked(templates.escaped(template, notification, markValue), "teams");
  return {
    title: fitLine(expand(config.title), MAX_TITLE),
    text: fitBytes(expand(config.text), MAX_TEXT_BYTES),
  };
}

/** Where a reader finds more: this server, and where the first alerts come from. */
function linksOf({ externalUrl, alerts }: Notification): { title: string; url: string }[] {
  const sources = [...new Set(alerts.map(({ generatorURL }) => webUrl(generatorURL)))]
    .filter((url) => url !== undefined)
    .slice(0, MAX_SOURCES);
  const ours = webUrl(externalUrl);
  return [
    ...(ours === undefined ? [] : [{ title: "Fleetlight", url: ours }]),
    ...sources.map((url, index) => ({
      title: sources.length === 1 ? "Source" : `Source ${index + 1}`,
      url,
    })),
  ];
}

/** A MessageCard, which connectors of the old kind take. @throws FleetlightError when a template is wrong. */
export function messageCard(
  config: Integration<"msteams">["config"],
  notification: Notification,
  templates: ChannelTemplates,
): Card {
  const { title, text } = expandTexts(config, notification, templates);
  const message = {
    "@context": "http://schema.org/extensions",
    "@type": "MessageCard",
    title,
    summary: fitLine(templates.text(config.summary, notification), MAX_SUMMARY) || "Alerts",
    text: text === "" ? title : text,
    themeColor: colourOf(notification).toString(16).padStart(6, "0"),
    potentialAction: linksOf(notification).map((link) => ({
      "@type": "OpenUri",
      name: link.title,
      targets: [{ os: "default", uri: link.url }],
    })),
  };
  return { title, text, message };
}

/** Words of Adaptive Cards for what is otherwise a colour. */
function styleOf(notification: Notification): "good" | "warning" | "attention" | "accent" {
  if (notification.status === "resolved") return "good";
  const loudness = loudnessOf(notification);
  if (loudness === "critical" || loudness === "high") return "attention";
  return loudness === "warning" ? "warning" : "accent";
}

/** An Adaptive Card 1.4, which workflows take. @throws FleetlightError when a template is wrong. */
export function adaptiveCard(
  config: Integration<"msteamsv2">["config"],
  notification: Notification,
  templates: ChannelTemplates,
): Card {
  const { title, text } = expandTexts(config, notification, templates);
  const heading = {
    type: "TextBlock",
    text: title === "" ? "Alerts" : title,
    style: "heading",
    size: "Medium",
    weight: "Bolder",
    color: styleOf(notification),
    wrap: true,
  };
  const message = {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          body: [heading, ...(text === "" ? [] : [{ type: "TextBlock", text, wrap: true }])],
          actions: linksOf(notification).map((link) => ({ type: "Action.OpenUrl", ...link })),
        },
      },
    ],
  };
  return { title, text, message };
}
