import { expect, it } from "vitest";

import { groupKey, parseGrouping } from "./grouping.ts";

it.each<[string, [string, string][]]>([
  ["/job/backup", [["job", "backup"]]],
  ["/job/backup/", [["job", "backup"]]],
  [
    "/job/backup/instance/db-1/zone/eu",
    [
      ["job", "backup"],
      ["instance", "db-1"],
      ["zone", "eu"],
    ],
  ],
  [
    "/job/a%20b/path/%2Fvar%2Ftmp",
    [
      ["job", "a b"],
      ["path", "/var/tmp"],
    ],
  ],
  ["/job@base64/YS9i", [["job", "a/b"]]],
  [
    "/job/x/path@base64/L3Zhci90bXA",
    [
      ["job", "x"],
      ["path", "/var/tmp"],
    ],
  ],
  [
    "/job/x/path@base64/L3Zhci90bXA=",
    [
      ["job", "x"],
      ["path", "/var/tmp"],
    ],
  ],
  [
    "/job/x/name@base64/zqDPgc6_zrzOt864zrXPjc-C",
    [
      ["job", "x"],
      ["name", "Προμηθεύς"],
    ],
  ],
  [
    "/job/x/empty@base64/=",
    [
      ["job", "x"],
      ["empty", ""],
    ],
  ],
])("%s names a group", (path, grouping) => {
  expect(parseGrouping(path)).toEqual(grouping);
});

it.each([
  ["/job/", "no value"],
  ["/job@base64/=", "job name is required"],
  ["/instance/x", "job name is required"],
  ["/job/x/instance", "pairs"],
  ["/job/x//y", "improper label name"],
  ["/job/x/__name__/y", "improper label name"],
  ["/job/x/a/1/a/2", "improper label name"],
  ["/job/x/job/y", "improper label name"],
  ["/job/x/a/%zz", "percent sign"],
  ["/job/x/a@base64/###", "base64"],
  ["/job/x/a@base64/wyg", "base64 of a UTF-8 text"],
  [`/job/x${"/a/b".repeat(70)}`, "more than 64"],
])("%s does not", (path, message) => {
  expect(() => parseGrouping(path)).toThrow(message);
});

it("is the same group in whatever order its labels stand", () => {
  const key = (path: string) => groupKey("default", parseGrouping(path));
  expect(key("/job/x/a/1/b/2")).toBe(key("/job/x/b/2/a/1"));
  expect(key("/job/x/a/1")).not.toBe(key("/job/x/a/2"));
  expect(key("/job/x")).not.toBe(groupKey("other", parseGrouping("/job/x")));
});
