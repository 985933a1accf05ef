import type { RouteConfig } from "#config";
import { parseMatchers } from "#lib";
import { describe, expect, it } from "vitest";

import { createRouter, groupKey, groupLabels, matchRoutes } from "./routes.ts";

interface Written {
  receiver?: string;
  match?: string;
  groupBy?: string[];
  continues?: boolean;
  routes?: Written[];
}

/** A tree as a configuration would give it. */
function tree(node: Written, parent = "root", id = "0"): RouteConfig {
  const receiver = node.receiver ?? parent;
  const groupBy = node.groupBy ?? [];
  return {
    id,
    receiver,
    matchers: parseMatchers(node.match ?? ""),
    groupBy: groupBy.includes("...") ? [] : groupBy,
    groupByAll: groupBy.includes("..."),
    groupWaitMs: 0,
    groupIntervalMs: 1,
    repeatIntervalMs: 1,
    continues: node.continues ?? false,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    routes: (node.routes ?? []).map((child, index) => tree(child, receiver, `${id}/${index}`)),
  };
}

const TEAMS = tree({
  routes: [
    {
      match: 'owner="team-A"',
      receiver: "a",
      routes: [
        { match: 'env="testing"', receiver: "a-testing" },
        { match: 'env="production"', receiver: "a-production", continues: true },
        { match: 'env=~"produ.*",job=~".*"', receiver: "a-all-production" },
      ],
    },
    { match: 'owner=~"team-(B|C)"', receiver: "bc" },
    { match: 'group_by="role"', receiver: "role", continues: true },
    { match: 'wait!=""', receiver: "wait" },
  ],
});

describe("the route tree", () => {
  it.each<[Record<string, string>, string[]]>([
    [{}, ["root"]],
    [{ owner: "nobody" }, ["root"]],
    [{ owner: "team-A" }, ["a"]],
    [{ owner: "team-A", env: "unset" }, ["a"]],
    [{ owner: "team-A", env: "testing" }, ["a-testing"]],
    [{ owner: "team-A", env: "production" }, ["a-production", "a-all-production"]],
    [{ owner: "team-C" }, ["bc"]],
    [{ group_by: "role" }, ["role"]],
    [{ group_by: "role", wait: "long" }, ["role", "wait"]],
    [{ owner: "team-B", group_by: "role" }, ["bc"]],
  ])("leads %j to %j", (labels, receivers) => {
    expect(matchRoutes(TEAMS, labels).map(({ receiver }) => receiver)).toEqual(receivers);
  });

  it("tells the way to each node", () => {
    const paths = createRouter(TEAMS).paths({ owner: "team-A", env: "production" });
    expect(paths.map((path) => path.map(({ id }) => id))).toEqual([
      ["0", "0/0", "0/0/1"],
      ["0", "0/0", "0/0/2"],
    ]);
  });

  // Shortcuts by label must not change what is found, nor its order.
  it("finds the same among a hundred siblings as among few", () => {
    const siblings: Written[] = Array.from({ length: 100 }, (_, index) => ({
      match:
        index % 3 === 0
          ? `team=~"t${index}|all"`
          : `${index % 3 === 1 ? "team" : "area"}="t${index}"`,
      receiver: `r${index}`,
      continues: true,
    }));
    const wide = tree({ routes: siblings });
    const expected = (labels: Record<string, string>): string[] => {
      const found = wide.routes.filter(({ matchers }) =>
        matchers.every((matcher) => matcher.test(labels[matcher.name] ?? "")),
      );
      return found.length === 0 ? ["root"] : found.map(({ receiver }) => receiver);
    };
    for (const labels of [
      { team: "all" },
      { team: "t4" },
      { team: "all", area: "t5" },
      { team: "t6", area: "t98" },
      { area: "nowhere" },
    ])
      expect(matchRoutes(wide, labels).map(({ receiver }) => receiver)).toEqual(expected(labels));
  });

  it("routes ten thousand alerts through a thousand siblings without asking each", () => {
    let asked = 0;
    const wide = tree({
      routes: Array.from({ length: 1000 }, (_, index) => ({ match: `team="t${index}"` })),
    });
    const counted: RouteConfig = {
      ...wide,
      routes: wide.routes.map((route) => ({
        ...route,
        matchers: route.matchers.map((matcher) => ({
          ...matcher,
          test: (value: string) => {
            asked += 1;
            return matcher.test(value);
          },
        })),
      })),
    };
    const router = createRouter(counted);
    for (let at = 0; at < 10_000; at++)
      expect(router.match({ team: `t${at % 1000}` })[0]?.id).toBe(`0/${at % 1000}`);
    expect(asked).toBe(10_000);
  });
});

describe("groups", () => {
  const route = (groupBy: string[]): RouteConfig => tree({ groupBy });

  it.each<[string[], Record<string, string>, Record<string, string>]>([
    [[], { a: "1" }, {}],
    [["a", "b"], { a: "1", c: "3" }, { a: "1" }],
    [["a", "b"], { b: "2", a: "1" }, { a: "1", b: "2" }],
    [["..."], { b: "2", a: "1" }, { a: "1", b: "2" }],
  ])("by %j put %j into %j", (groupBy, labels, expected) => {
    expect(groupLabels(route(groupBy), labels)).toEqual(expected);
  });

  it("have upstream's keys", () => {
    const router = createRouter(TEAMS);
    const at = (id: string): RouteConfig => {
      const found = [TEAMS, ...TEAMS.routes, ...(TEAMS.routes[0]?.routes ?? [])];
      return found.find((one) => one.id === id) ?? TEAMS;
    };
    expect(groupKey(router, TEAMS, {})).toBe("{}:{}");
    expect(groupKey(router, TEAMS, { alertname: "x" })).toBe('{}:{alertname="x"}');
    expect(groupKey(router, at("0/0"), { b: "2", a: "1" })).toBe(
      '{}/{owner="team-A"}:{a="1", b="2"}',
    );
    expect(groupKey(router, at("0/0/2"), {})).toBe(
      '{}/{owner="team-A"}/{env=~"produ.*",job=~".*"}:{}',
    );
  });

  it.each([
    ["plain", '"plain"'],
    ['say "hi"\\', '"say \\"hi\\"\\\\"'],
    ["a\nb\tc", '"a\\nb\\tc"'],
    ["grün 🙂", '"grün 🙂"'],
    ["\u0001\u00a0\u200b", '"\\x01\\u00a0\\u200b"'],
  ])("%j stands in a key as %s", (value, quoted) => {
    expect(groupKey(createRouter(TEAMS), TEAMS, { a: value })).toBe(`{}:{a=${quoted}}`);
  });
});
