import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PersonInput } from "@fleetlight/contract";
import { afterEach, beforeEach, expect, it } from "vitest";

import { createOutbound } from "#lib";
import { createStateStore, type StateStore } from "#store";

import { ChannelSet } from "../channel-set.ts";
import { alertmanagerConfig, logger } from "../fixture.ts";
import { Directory } from "./directory.ts";
import { personReceiver, PersonalChannels } from "./personal-channels.ts";

const T = "default";
const policy = { allowLinkLocal: false, allowAddresses: [] };
const outbound = createOutbound(policy);
const directory = mkdtempSync(join(tmpdir(), "fleetlight-personal-"));

const receivers = (host: string) =>
  alertmanagerConfig(
    join(directory, "alertmanager.yml"),
    `
route: { receiver: mail }
receivers:
  - name: mail
    email_configs: [{ to: team@example.org, from: us@example.org, smarthost: "${host}:25" }]
    webhook_configs: [{ url: "http://${host}/hook" }]
  - name: chat
    telegram_configs: [{ bot_token: "1:a", chat_id: 1 }]
  - name: hook
    webhook_configs: [{ url: "http://${host}/hook" }]
`,
  );

let state: StateStore;
let people: Directory;
let config = receivers("one.example");
let made = 0;
let closed = 0;
let personal: PersonalChannels;

beforeEach(async () => {
  state = await createStateStore({ path: ":memory:" }, { now: Date.now, logger });
  people = new Directory({
    repository: state.oncall,
    configured: () => ({ person: [], team: [], schedule: [], policy: [] }),
    receivers: () => ["mail", "chat", "hook"],
    now: Date.now,
  });
  config = receivers("one.example");
  made = 0;
  closed = 0;
  personal = new PersonalChannels({
    directory: people,
    config: () => config,
    make: (receiver) => {
      made++;
      const set = new ChannelSet({ ...config, receivers: [receiver] }, "http://us.example", {
        outbound,
        policy: () => policy,
        now: Date.now,
        logger,
      });
      return {
        channels: [...set.all()].map(({ channel }) => channel),
        close: async () => {
          closed++;
          await set.close();
        },
      };
    },
  });
  await people.create(
    T,
    "person",
    PersonInput.parse({
      id: "ann",
      name: "Ann",
      contact_methods: [
        { receiver: "mail", address: "ann@example.org" },
        { receiver: "chat", address: "4711" },
        { receiver: "hook" },
        { receiver: "hook", address: "nowhere" },
      ],
    }),
  );
});
afterEach(async () => {
  await personal.close();
  await state.close();
  rmSync(join(directory, "alertmanager.yml"), { force: true });
});

const find = (integration: string) => personal.find(T, personReceiver("ann"), integration);

it("puts the person's address in place of the receiver's, for kinds that have one", () => {
  expect([0, 1, 2, 3].map((method) => personal.integrations(T, "ann", method))).toEqual([
    ["0:email[0]"],
    ["1:telegram[0]"],
    ["2:webhook[0]"],
    [],
  ]);
  expect(find("0:email[0]")).toMatchObject({
    kind: "email",
    target: expect.stringContaining("ann@"),
  });
  expect(find("0:email[0]")?.target).not.toContain("team@");
  expect(find("2:webhook[0]")).toMatchObject({ kind: "webhook" });
});

it.each([
  ["another method", "9:email[0]"],
  ["a kind that the receiver does not have", "0:slack[0]"],
  ["a kind without addresses", "3:webhook[0]"],
  ["no method at all", "email[0]"],
])("has no channel for %s", (_, integration) => {
  expect(find(integration)).toBeUndefined();
});

it("knows neither other receivers, nor people of other tenants", () => {
  expect(personal.find(T, "mail", "0:email[0]")).toBeUndefined();
  expect(personal.find("other", personReceiver("ann"), "0:email[0]")).toBeUndefined();
});

it("keeps a channel until the configuration or the address is another one", async () => {
  expect(find("0:email[0]")).toBe(find("0:email[0]"));
  expect(made).toBe(1);
  config = receivers("two.example");
  find("0:email[0]");
  expect([made, closed]).toEqual([2, 1]);
  const ann = people.get(T, "person", "ann").document;
  const [first, ...rest] = ann.contact_methods;
  const moved = { ...ann, contact_methods: [{ ...first, address: "new@example.org" }, ...rest] };
  await people.replace(T, "person", PersonInput.parse(moved));
  expect(find("0:email[0]")?.target).toContain("new@");
});
