import { createLogger, parseSelector } from "#lib";
import { createStateStore } from "#store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { SilenceInput, SilenceView } from "../alertmanager.ts";
import { SilenceBook } from "./silences.ts";

const T0 = Date.UTC(2026, 10, 21);
const HOUR = 3_600_000;
const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

let nowMs = T0;
let told: SilenceView[] = [];
let closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  nowMs = T0;
  told = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function open() {
  const now = () => nowMs;
  const state = await createStateStore({ path: ":memory:" }, { now, logger });
  closing.push(() => state.close());
  const make = () =>
    new SilenceBook({
      repository: state.silences,
      now,
      retentionMs: () => 5 * 24 * HOUR,
      onChange: (_, silence) => told.push(silence),
      alerts: () => [],
    });
  const book = make();
  await book.load();
  closing.unshift(async () => book.stop());
  return { book, make };
}

const input = (more: Partial<SilenceInput> = {}): SilenceInput => ({
  matchers: [{ name: "team", operator: "=", value: "a" }],
  startsAtMs: T0,
  endsAtMs: T0 + HOUR,
  createdBy: "anna",
  comment: "known",
  ...more,
});

describe("the life of a silence", () => {
  it("is pending, active and expired, and matches only while it is active", async () => {
    const { book } = await open();
    const { id } = await book.set("default", input({ startsAtMs: T0 + 1000 }));
    expect(book.get("default", id)?.state).toBe("pending");
    expect(book.matching("default", { team: "a" })).toEqual([]);
    nowMs = T0 + 1000;
    expect(book.get("default", id)?.state).toBe("active");
    // Other labels, because matches are remembered by the object until the timer says that something changed.
    expect(book.matching("default", { team: "a", i: "1" })).toMatchObject([{ id }]);
    expect(book.matching("default", { team: "b" })).toEqual([]);
    expect(book.matching("other", { team: "a" })).toEqual([]);
    nowMs = T0 + HOUR;
    expect(book.get("default", id)?.state).toBe("expired");
    expect(book.counts()).toEqual({ active: 0, pending: 0, expired: 1 });
  });

  it("survives a restart and is forgotten after the retention", async () => {
    const { book, make } = await open();
    const { id } = await book.set("default", input());
    const second = make();
    await second.load();
    second.stop();
    expect(second.list("default").map((one) => one.id)).toEqual([id]);
    nowMs = T0 + HOUR + 5 * 24 * HOUR + 1;
    await second.prune();
    expect(second.list("default")).toEqual([]);
  });

  it("is listed with active ones first, and by what its matchers ask for", async () => {
    const { book } = await open();
    const set = async (value: string, startsAtMs: number) =>
      book.set(
        "default",
        input({ matchers: [{ name: "team", operator: "=", value }], startsAtMs }),
      );
    await set("later", T0 + 1000);
    const gone = await set("gone", T0);
    await set("now", T0);
    await book.expire("default", gone.id);
    const values = (found: SilenceView[]) => found.map(({ matchers }) => matchers[0]?.value);
    expect(values(book.list("default"))).toEqual(["now", "later", "gone"]);
    const { matchers } = parseSelector('{team=~"n.*"}');
    expect(values(book.list("default", { matchers }))).toEqual(["now"]);
  });
});

describe("changing a silence", () => {
  it("keeps the id when history stays as it was", async () => {
    const { book } = await open();
    const { id } = await book.set("default", input());
    nowMs += 1000;
    const longer = await book.set(
      "default",
      input({ id, endsAtMs: T0 + 2 * HOUR, comment: "new" }),
    );
    expect(longer).toMatchObject({ id, endsAtMs: T0 + 2 * HOUR, comment: "new" });
    expect(book.list("default")).toHaveLength(1);
  });

  it.each<[string, Partial<SilenceInput>]>([
    ["other matchers", { matchers: [{ name: "team", operator: "=", value: "b" }] }],
    ["another start", { startsAtMs: T0 + 5000 }],
  ])("expires the old one and makes a new one for %s", async (_, change) => {
    const { book } = await open();
    const { id } = await book.set("default", input());
    nowMs += 1000;
    const next = await book.set("default", input({ id, ...change }));
    expect(next.id).not.toBe(id);
    expect(book.get("default", id)).toMatchObject({ state: "expired", endsAtMs: T0 + 1000 });
    expect(told.map(({ state }) => state)).toEqual(["active", "expired", next.state]);
  });

  it("makes a new one of one that is over, which stays", async () => {
    const { book } = await open();
    const { id } = await book.set("default", input());
    nowMs = T0 + 2 * HOUR;
    const next = await book.set("default", input({ id, endsAtMs: T0 + 3 * HOUR }));
    expect(next).toMatchObject({ state: "active", startsAtMs: nowMs });
    expect(book.list("default")).toHaveLength(2);
  });

  it("expires once, at once when it is pending", async () => {
    const { book } = await open();
    const { id } = await book.set("default", input({ startsAtMs: T0 + 1000 }));
    expect(await book.expire("default", id)).toMatchObject({ startsAtMs: T0, endsAtMs: T0 });
    await expect(book.expire("default", id)).rejects.toThrow(/already expired/);
    await expect(book.expire("default", "nothing")).rejects.toThrow(/not known/);
    await expect(book.expire("other", id)).rejects.toThrow(/not known/);
  });
});

describe("a wrong silence", () => {
  const all = { name: "alertname", operator: "=~" as const, value: ".+" };

  it.each<[string, Partial<SilenceInput>, RegExp]>([
    ["no matchers", { matchers: [] }, /at least one matcher/],
    [
      "only matchers for absent labels",
      { matchers: [{ name: "a", operator: "=~", value: ".*" }] },
      /must not match the empty string/,
    ],
    ["a bad name", { matchers: [{ name: "half\ud800", operator: "=", value: "x" }] }, /label name/],
    ["a bad pattern", { matchers: [{ name: "a", operator: "=~", value: "(" }] }, /regular/],
    ["an end before the start", { endsAtMs: T0 - 1 }, /start time must be before end time/],
    ["an end in the past", { startsAtMs: T0 - 2, endsAtMs: T0 - 1 }, /in the past/],
    ["everything, unconfirmed", { matchers: [all] }, /matches every alert/],
    ["an unknown id", { id: "nothing" }, /not known/],
  ])("is refused: %s", async (_, change, message) => {
    const { book } = await open();
    await expect(book.set("default", input(change))).rejects.toThrow(message);
    expect(book.list("default")).toEqual([]);
  });

  it("may match everything when that is confirmed", async () => {
    const { book } = await open();
    const silence = await book.set("default", input({ matchers: [all] }), { confirmed: true });
    expect(silence.state).toBe("active");
  });
});
