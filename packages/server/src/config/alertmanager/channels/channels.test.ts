import { describe, expect, it } from "vitest";
import type { z } from "zod";

import { CHANNEL_SCHEMAS, type ChannelKindName } from "./index.ts";

const SID = "0123456789abcdef0123456789abcdef";

/** The least that an entry must say. */
const LEAST = {
  discord: { webhook_url: "https://discord.example/api/webhooks/1/token" },
  telegram: { bot_token: "1:token", chat_id: -100123 },
  ntfy: { url: "https://ntfy.example/topic" },
  pushover: { user_key: "user", token: "token" },
  googlechat: { url: "https://chat.example/v1/spaces/a/messages?key=k&token=t" },
  mattermost: { webhook_url: "https://mattermost.example/hooks/token" },
  twilio: { account_sid: `AC${SID}`, auth_token: "token", from: "+15005550006", to: "+4915112345" },
  matrix: {
    homeserver: "https://matrix.example",
    access_token: "token",
    room_id: "!room:matrix.example",
  },
} satisfies Partial<Record<ChannelKindName, object>>;

type Kind = keyof typeof LEAST;
const KINDS = Object.keys(LEAST) as Kind[];

/** Why an entry is refused, or an empty list. */
const problems = (kind: Kind, entry: object): string[] =>
  CHANNEL_SCHEMAS[kind]
    .safeParse(entry)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("the entries of a receiver", () => {
  it.each(KINDS)("take the least of %s and tell the end of alerts as well", (kind) => {
    expect(problems(kind, LEAST[kind])).toEqual([]);
    expect(CHANNEL_SCHEMAS[kind].parse(LEAST[kind])).toMatchObject({
      send_resolved: true,
      timeout: 10_000,
      max_age: 86_400_000,
    });
  });

  it.each(KINDS)("refuse keys of %s that nobody knows", (kind) => {
    expect(problems(kind, { ...LEAST[kind], webhok_url: "" })).toHaveLength(1);
  });

  it.each(KINDS)("describe every key of %s", (kind) => {
    const { shape } = CHANNEL_SCHEMAS[kind] as z.ZodObject;
    for (const [key, schema] of Object.entries(shape))
      expect((schema as z.ZodType).description, key).toMatch(/\.$/);
  });

  it.each<[Kind, Record<string, unknown>, string]>([
    ["discord", { webhook_url: undefined }, "one of webhook_url or webhook_url_file"],
    ["discord", { webhook_url_file: "/a" }, "at most one of webhook_url & webhook_url_file"],
    ["discord", { webhook_url: "ftp://discord.example" }, "expected a URL that starts with"],
    ["telegram", { bot_token_file: "/a" }, "at most one of bot_token & bot_token_file"],
    ["telegram", { chat_id: undefined }, "one of chat_id or chat_id_file"],
    ["telegram", { chat_id: 0 }, "expected a chat"],
    ["telegram", { chat_id: "ops" }, "expected a chat"],
    ["telegram", { parse_mode: "markdown" }, "parse_mode"],
    ["ntfy", { url: "https://ntfy.example/" }, "expected the URL of a topic"],
    ["ntfy", { token: "a", token_file: "/a" }, "at most one of token & token_file"],
    ["ntfy", { username: "a" }, "username and password must be configured together"],
    ["ntfy", { password: "a" }, "username and password must be configured together"],
    ["ntfy", { token: "a", username: "a", password: "b" }, "at most one of token & username"],
    ["ntfy", { actions: [{}, {}, {}, {}] }, "actions"],
    ["pushover", { token: undefined }, "one of token or token_file"],
    ["pushover", { user_key_file: "/a" }, "at most one of user_key & user_key_file"],
    ["pushover", { html: true, monospace: true }, "at most one of monospace & html"],
    ["googlechat", { url_file: "/a" }, "at most one of url & url_file"],
    ["mattermost", { webhook_url: undefined }, "one of webhook_url or webhook_url_file"],
    ["mattermost", { type: "system" }, "starts with custom_"],
    ["mattermost", { fields: [{ title: "a" }] }, "fields.0.value"],
    ["twilio", { account_sid: "AC1" }, "expected an account SID"],
    ["twilio", { to: [] }, "to: Too small"],
    ["twilio", { to: "0151 12345" }, "to: expected a number"],
    ["twilio", { from: undefined }, "one of from or messaging_service_sid"],
    ["twilio", { from: "A name that is long" }, "expected a number"],
    ["matrix", { room_id: "#ops:matrix.example" }, "expected the id of a room"],
    ["matrix", { http_config: { bearer_token: "a", basic_auth: {} } }, "at most one of basic_auth"],
  ])("refuse of %s %j", (kind, more, reason) => {
    expect(problems(kind, { ...LEAST[kind], ...more }).join("\n")).toContain(reason);
  });

  it.each<[Kind, Record<string, unknown>, Record<string, unknown>]>([
    ["telegram", { chat_id: "@fleet_ops", parse_mode: "" }, { chat_id: "@fleet_ops" }],
    ["telegram", { timeout: "0s" }, { timeout: 0 }],
    ["ntfy", { username: "a", password_file: "/b" }, { username: "a" }],
    ["pushover", { retry: "2m", expire: "30m", ttl: "1h" }, { retry: 120_000, ttl: 3_600_000 }],
    ["twilio", { to: ["+4915112345", "+4915112345", "+15005550006"] }, { to: { length: 2 } }],
    ["twilio", { from: "Fleetlight" }, { from: "Fleetlight", to: ["+4915112345"] }],
    ["matrix", { room_id: "!v12-rooms-have-no-server" }, {}],
  ])("take of %s %j", (kind, more, expected) => {
    expect(CHANNEL_SCHEMAS[kind].parse({ ...LEAST[kind], ...more })).toMatchObject(expected);
  });
});
