import { describe, expect, it } from "vitest";

import { clientOf, RequestWindows } from "./rate-limit.ts";

describe("a client", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ])("at %j is %j", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});

describe("windows of requests", () => {
  it("count a client's requests for a minute from its first one", () => {
    const windows = new RequestWindows(10);
    const ask = (nowMs: number) => windows.count("a", 2, nowMs);
    expect(ask(1000)).toEqual({ limit: 2, remaining: 1, resetSeconds: 60 });
    expect(ask(1500)).toEqual({ limit: 2, remaining: 0, resetSeconds: 60 });
    expect(ask(60_999)).toEqual({ limit: 2, remaining: -1, resetSeconds: 1 });
    expect(ask(61_000)).toEqual({ limit: 2, remaining: 1, resetSeconds: 60 });
  });

  it("take the limit that holds at each request", () => {
    const windows = new RequestWindows(10);
    expect(windows.count("a", 1, 0).remaining).toBe(0);
    expect(windows.count("a", 5, 1).remaining).toBe(3);
  });

  it("forget whose window is the oldest when there are too many", () => {
    const windows = new RequestWindows(2);
    for (const client of ["a", "b", "a", "c"]) windows.count(client, 9, 0);
    expect(windows.count("b", 9, 1).remaining).toBe(7);
    expect(windows.count("a", 9, 1).remaining).toBe(8);
  });
});
