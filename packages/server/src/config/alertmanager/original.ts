import { stringify } from "yaml";
import { z } from "zod";

import { isTree, type Tree } from "../text.ts";
import { inspectSetting, itemOf, keysOf } from "../walk.ts";

const SECRET = "<secret>";

/** Keys of receivers that Alertmanager has, for the kinds of channels that both have. */
const UPSTREAM_KEYS: Readonly<Record<string, string>> = {
  discord: "webhook_url webhook_url_file content title message username avatar_url",
  email:
    "to from hello smarthost auth_username auth_password auth_password_file auth_secret " +
    "auth_secret_file auth_identity headers html text require_tls tls_config",
  mattermost: "webhook_url webhook_url_file channel username text attachments",
  msteams: "webhook_url webhook_url_file title summary text",
  msteamsv2: "webhook_url webhook_url_file title text",
  opsgenie:
    "api_key api_key_file api_url message description source details entity responders actions " +
    "tags note priority update_alerts",
  pagerduty:
    "service_key service_key_file routing_key routing_key_file url client client_url description " +
    "details images links source severity class component group",
  pushover:
    "user_key user_key_file token token_file title message url url_title device sound priority " +
    "retry expire ttl html monospace",
  slack:
    "api_url api_url_file channel username color title title_link pretext text fields " +
    "short_fields footer fallback callback_id icon_emoji icon_url image_url thumb_url link_names " +
    "mrkdwn_in actions",
  telegram:
    "api_url bot_token bot_token_file chat_id chat_id_file message_thread_id message " +
    "disable_notifications parse_mode",
  webhook: "url url_file max_alerts timeout",
};

const COMMON_KEYS = "send_resolved http_config";

/** What the schemas do not mark, because it is shared with parts where it is redacted otherwise. */
const SECRET_KEY = /(?:^|_)(?:password|secret|token|key|credentials)$/;
const SECRET_MAPS = new Set(["http_headers", "proxy_connect_header"]);

/** The path and everything behind it lets somebody in; host and port are enough to recognise the receiver. */
function redactUrl(text: string): string {
  if (!URL.canParse(text)) return SECRET;
  const { origin, pathname, search, username } = new URL(text);
  const plain = pathname === "/" && search === "" && username === "";
  return plain ? text : `${origin}/${SECRET}`;
}

/** A proxy's password travels in its URL. */
function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === "" && url.search === "") return text;
  return `${url.protocol}//${SECRET}@${url.host}${url.pathname}`;
}

/** Wrappers may carry the mark as well as what they wrap. */
function isSecret(schema: z.core.$ZodType | undefined): boolean {
  if (schema === undefined) return false;
  return (
    z.globalRegistry.get(schema)?.isSecret === true ||
    z.globalRegistry.get(inspectSetting(schema).inner)?.isSecret === true
  );
}

function redactText(text: string, key: string, marked: boolean): string {
  if (text === "") return text;
  if (marked || (SECRET_KEY.test(key) && !key.endsWith("_file"))) return SECRET;
  return /^https?:\/\//.test(text) ? withoutPassword(text) : text;
}

/** A copy in which nothing lets anybody in. */
function redact(value: unknown, schema: z.core.$ZodType | undefined, key: string): unknown {
  if (typeof value === "string") return redactText(value, key, isSecret(schema));
  if (value === null || typeof value !== "object")
    return isSecret(schema) || (SECRET_KEY.test(key) && value !== null) ? SECRET : value;
  const setting = schema && inspectSetting(schema);
  const item = setting && itemOf(setting);
  if (Array.isArray(value)) return value.map((one) => redact(one, item, key));
  if (SECRET_MAPS.has(key))
    return Object.fromEntries(Object.keys(value).map((name) => [name, SECRET]));
  const keys = setting && keysOf(setting);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const below = keys !== undefined && Object.hasOwn(keys, name) ? keys[name] : item;
      return [name, redact(one, below, name)];
    }),
  );
}

/** Alertmanager up to 0.25 takes no `<secret>` for the URL of a webhook, so that host and port stay. */
function showWebhooks(receiver: Tree, original: unknown): void {
  const { webhook_configs: entries } = receiver;
  const written = isTree(original) ? original.webhook_configs : undefined;
  if (!Array.isArray(entries) || !Array.isArray(written)) return;
  for (const [index, entry] of (entries as unknown[]).entries()) {
    const before = (written as unknown[])[index];
    if (isTree(entry) && isTree(before) && typeof before.url === "string")
      entry.url = redactUrl(before.url);
  }
}

function onlyUpstream(receiver: Tree, left: Set<string>): Tree {
  const kept: Tree = {};
  for (const [key, entries] of Object.entries(receiver)) {
    const kind = key.replace(/_configs$/, "");
    const upstream = UPSTREAM_KEYS[kind];
    const known = `${upstream} ${COMMON_KEYS}`.split(" ");
    if (key === "name") kept[key] = entries;
    else if (upstream === undefined) left.add(key);
    else if (Array.isArray(entries))
      kept[key] = entries.filter(isTree).map((entry) => {
        const pairs = Object.entries(entry).filter(([name]) => {
          const taken = known.includes(name);
          if (!taken) left.add(`${key}.${name}`);
          return taken;
        });
        return Object.fromEntries(pairs);
      });
  }
  return kept;
}

/**
 * The file as API v2 shows it: YAML that Alertmanager's own tools read, without secrets. What only Fleetlight knows is
 * named in a comment.
 */
export function showOriginal(root: Tree, shape: z.core.$ZodType): string {
  const shown = redact(root, shape, "") as Tree;
  const left = new Set<string>();
  if (Array.isArray(shown.receivers)) {
    const written = root.receivers as unknown[];
    shown.receivers = (shown.receivers as unknown[]).map((receiver, index) => {
      if (!isTree(receiver)) return receiver;
      showWebhooks(receiver, written[index]);
      return onlyUpstream(receiver, left);
    });
  }
  const text = stringify(shown, { lineWidth: 0 });
  if (left.size === 0) return text;
  return `# Not shown because Alertmanager does not have it: ${[...left].toSorted().join(", ")}\n${text}`;
}
