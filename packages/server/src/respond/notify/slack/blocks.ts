import type { ChannelTemplates, Integration, Notification, NotifiedAlert } from "../channel.ts";
import { webUrl } from "../links.ts";
import { buttonElements } from "./buttons.ts";
import { escapeSlack, expanderOf, fitSlack, fitSlackLine, type Expand } from "./text.ts";

type SlackConfig = Integration<"slack">["config"];
type Block = Record<string, unknown>;

/** Limits of Block Kit. */
const MAX_BLOCKS = 50;
const MAX_SECTION = 3000;
const MAX_FIELD = 2000;
const MAX_FIELDS = 10;
const MAX_BUTTON = 75;
const MAX_BUTTON_VALUE = 2000;
const MAX_TITLE = 1024;
const MAX_FALLBACK = 3000;
/** Alerts that a message lists when no template says what it is to say. */
const MAX_LISTED = 10;
const MAX_LISTED_CHARACTERS = 280;

export interface BlockMessage {
  /** What a notification on a telephone shows. */
  fallback: string;
  /** Text above the coloured part. */
  text: string;
  attachment: { color: string; fallback: string; blocks: Block[] };
  /** Whether a block was left out because there would be too many. */
  isCut: boolean;
}

const markdown = (text: string): Block => ({ type: "mrkdwn", text });
const plainText = (text: string): Block => ({ type: "plain_text", text });
const section = (text: string): Block => ({
  type: "section",
  text: markdown(fitSlack(text, MAX_SECTION)),
});

/** One alert on one line. */
export function alertLine({ status, labels, annotations }: NotifiedAlert): string {
  const { alertname = "", severity = "", ...rest } = labels;
  const said = annotations["summary"] ?? annotations["description"];
  const names = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  const what = said ?? names.join(" ");
  const mark = status === "firing" ? ":red_circle:" : ":large_green_circle:";
  const line = [alertname, severity === "" ? "" : `(${severity})`, what].filter(Boolean).join(" ");
  return `${mark} ${escapeSlack(fitSlackLine(line, MAX_LISTED_CHARACTERS))}`;
}

export function alertLines(alerts: readonly NotifiedAlert[]): string {
  const lines = alerts.slice(0, MAX_LISTED).map(alertLine);
  const more = alerts.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

function titleBlock(config: SlackConfig, expand: Expand, link: string | undefined): Block[] {
  const title = fitSlackLine(expand(config.title), MAX_TITLE);
  if (title === "") return [];
  // A title with markup of its own cannot be inside of a link.
  const isPlain = link !== undefined && !/[<>|*]/.test(title);
  return [section(isPlain ? `*<${link.replaceAll("|", "%7C")}|${title}>*` : `*${title}*`)];
}

function fieldBlocks({ fields }: SlackConfig, expand: Expand): Block[] {
  const all = fields.map(({ title, value }) =>
    markdown(fitSlack(`*${expand(title)}*\n${expand(value)}`, MAX_FIELD)),
  );
  const blocks: Block[] = [];
  for (let at = 0; at < all.length; at += MAX_FIELDS)
    blocks.push({ type: "section", fields: all.slice(at, at + MAX_FIELDS) });
  return blocks;
}

function actionElements(
  { actions }: SlackConfig,
  expand: Expand,
  plain: (template: string) => string,
): Block[] {
  return actions.flatMap(({ confirm, ...action }, index) => {
    const url = action.url === "" ? undefined : webUrl(plain(action.url), 3000);
    if (action.url !== "" && url === undefined) return [];
    const style = plain(action.style);
    const element = {
      type: "button",
      text: plainText(fitSlackLine(plain(action.text), MAX_BUTTON) || "Open"),
      action_id: url === undefined ? fitSlackLine(plain(action.name), 255) : `link_${index}`,
      ...(url === undefined ? { value: plain(action.value).slice(0, MAX_BUTTON_VALUE) } : { url }),
      ...(style === "primary" || style === "danger" ? { style } : {}),
    };
    if (confirm === undefined) return [element];
    return [
      {
        ...element,
        confirm: {
          title: plainText(fitSlackLine(plain(confirm.title), 100) || "Sure?"),
          text: markdown(fitSlack(expand(confirm.text), 300)),
          confirm: plainText(fitSlackLine(plain(confirm.ok_text), 30) || "Yes"),
          deny: plainText(fitSlackLine(plain(confirm.dismiss_text), 30) || "No"),
        },
      },
    ];
  });
}

const colourOf = (colour: string): string => {
  const named: Record<string, string> = { good: "#2eb886", warning: "#daa038", danger: "#a30200" };
  return named[colour] ?? (/^#[0-9a-f]{3,8}$/i.test(colour) ? colour : "#6b7c93");
};

/** A message of Block Kit, with buttons when pressing them can be heard. @throws FleetlightError */
export function blockMessage(
  config: SlackConfig,
  notification: Notification,
  templates: ChannelTemplates,
  hasButtons: boolean,
): BlockMessage {
  const expand = expanderOf(templates, notification);
  const plain = (template: string): string => templates.text(template, notification);
  const text = expand(config.text).trim();
  const [image, thumb] = [webUrl(plain(config.image_url)), webUrl(plain(config.thumb_url))];
  const footer = expand(config.footer).trim();
  const fallback = fitSlackLine(expand(config.fallback), MAX_FALLBACK);
  const buttons = hasButtons && notification.status === "firing";
  const elements = [
    ...(buttons ? buttonElements(notification) : []),
    ...actionElements(config, expand, plain),
  ];
  const body = section(text === "" ? alertLines(notification.alerts) : text);
  const blocks: Block[] = [
    ...titleBlock(config, expand, webUrl(plain(config.title_link), 2000)),
    thumb === undefined
      ? body
      : { ...body, accessory: { type: "image", image_url: thumb, alt_text: "picture" } },
    ...fieldBlocks(config, expand),
    ...(image === undefined ? [] : [{ type: "image", image_url: image, alt_text: "picture" }]),
    ...(footer === ""
      ? []
      : [{ type: "context", elements: [markdown(fitSlack(footer, MAX_FIELD))] }]),
  ];
  const last = elements.length === 0 ? [] : [{ type: "actions", elements }];
  const kept = blocks.slice(0, MAX_BLOCKS - last.length);
  return {
    fallback,
    text: fitSlack(expand(config.pretext), MAX_SECTION),
    attachment: {
      color: colourOf(plain(config.color).trim()),
      fallback,
      blocks: [...kept, ...last],
    },
    isCut: kept.length < blocks.length,
  };
}
