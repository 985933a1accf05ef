import { describe, expect, it } from "vitest";

import { Circuit } from "./circuit.ts";
import { laneKey, replacedIn, waitingOf, type Lane } from "./lane.ts";
import { RateLimit } from "./rate-limit.ts";

describe("Circuit", () => {
  const opened = (): Circuit => {
    const circuit = new Circuit();
    for (let failure = 0; failure < 5; failure++) circuit.fail(0);
    return circuit;
  };

  it("opens after five failures in a row, and lets one try after a pause", () => {
    const circuit = new Circuit();
    for (let failure = 0; failure < 4; failure++) circuit.fail(0);
    circuit.succeed();
    for (let failure = 0; failure < 4; failure++) expect(circuit.fail(0)).toBe(false);
    expect(circuit.room(0, 8)).toBe(8);
    expect(circuit.fail(0)).toBe(true);
    expect([circuit.stateAt(1999), circuit.room(1999, 8)]).toEqual(["open", 0]);
    expect([circuit.stateAt(2000), circuit.room(2000, 8)]).toEqual(["half_open", 1]);
  });

  it("doubles the pause with each try that fails, up to half a minute, and closes with one that does not", () => {
    const circuit = opened();
    const pauses: number[] = [];
    for (let at = circuit.waitUntilMs; pauses.length < 6; at = circuit.waitUntilMs) {
      circuit.fail(at);
      pauses.push(circuit.waitUntilMs - at);
    }
    expect(pauses).toEqual([4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(circuit.openSinceMs).toBe(0);
    expect(circuit.succeed()).toBe(true);
    expect(circuit.stateAt(0)).toBe("closed");
  });
});

describe("RateLimit", () => {
  it("lets a minute's worth go at once and then one after the other", () => {
    const rate = new RateLimit();
    for (let sent = 0; sent < 3; sent++) {
      expect(rate.nextMs(3, 1000)).toBe(1000);
      rate.take(3, 1000);
    }
    expect(rate.nextMs(3, 1000)).toBe(21_000);
    expect(rate.nextMs(3, 21_000)).toBe(21_000);
    expect(rate.nextMs(undefined, 1000)).toBe(1000);
  });
});

describe("what a new notification replaces", () => {
  const place = { tenant: "t", groupKey: "g", receiver: "r", integration: "webhook[0]" };
  const waiting = (id: string, ...says: string[]) =>
    waitingOf(
      {
        ...place,
        id,
        status: "firing",
        reason: "group",
        createdAtMs: 0,
        nextAttemptAtMs: 0,
        attempts: 0,
      },
      new Set(says),
    );
  const lane = (...of: ReturnType<typeof waiting>[]): Lane => ({
    key: laneKey(place),
    channel: "r/webhook[0]",
    waiting: of,
    dueMs: 0,
  });
  const ids = (found: { id: string }[] | undefined) => found?.map(({ id }) => id);

  it("is what says nothing else", () => {
    const repeats = lane(waiting("1", "a firing"), waiting("2", "a firing", "b firing"));
    expect(ids(replacedIn(repeats, new Set(["a firing", "b firing"])))).toEqual(["2", "1"]);
    expect(ids(replacedIn(undefined, new Set(["a firing"])))).toEqual([]);
  });

  it("is neither what says something else, nor what comes before that, nor what is under way", () => {
    const flips = lane(waiting("1", "a firing"), waiting("2", "a resolved"));
    expect(ids(replacedIn(flips, new Set(["a firing"])))).toEqual([]);
    const sending = lane(waiting("1", "a firing"));
    for (const one of sending.waiting) one.isInFlight = true;
    expect(ids(replacedIn(sending, new Set(["a firing"])))).toEqual([]);
  });

  it("has no room where too many wait", () => {
    const full = lane(
      ...Array.from({ length: 16 }, (_, at) => waiting(String(at), `x${at} firing`)),
    );
    expect(replacedIn(full, new Set(["a firing"]))).toBeUndefined();
  });
});
