import { compileMatcher, type LabelMatcher } from "@fleetlight/promql";

import type { LabelSet } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { badData, badParameter } from "./errors.ts";
import { Params } from "./params.ts";
import { sendData } from "./reply.ts";
import { selectorsOf } from "./series.ts";

const schema = (summary: string) => ({ tags: ["prometheus"], summary });
type Group = ReturnType<Doors["rules"]["groups"]>["groups"][number];
/** Any rule of any group; only some of its fields decide whether it is shown. */
interface ShownRule {
  name: string;
  type: "alerting" | "recording";
  labels: LabelSet;
}
type ShownGroup = Omit<Group, "rules"> & { rules: ShownRule[] };

const KINDS: ReadonlyMap<string, ShownRule["type"]> = new Map([
  ["alert", "alerting"],
  ["record", "recording"],
]);

/** Whether a rule passes what the request asks for. */
function ruleFilter(params: Params): (rule: ShownRule) => boolean {
  const type = params.text("type").toLowerCase();
  const kind = KINDS.get(type);
  if (type !== "" && kind === undefined)
    throw badParameter("type", `not supported value ${JSON.stringify(type)}`);
  const names = new Set(params.all("rule_name[]"));
  const selectors = selectorsOf(params).map((matchers: LabelMatcher[]) =>
    matchers.map((one) => ({ name: one.name, test: compileMatcher(one) })),
  );
  return (rule) =>
    (kind === undefined || rule.type === kind) &&
    (names.size === 0 || names.has(rule.name)) &&
    (selectors.length === 0 ||
      selectors.some((tests) => tests.every(({ name, test }) => test(rule.labels[name] ?? ""))));
}

/** One page of groups, and where the next one starts. */
function page(groups: ShownGroup[], params: Params): { groups: ShownGroup[]; next: string } {
  const text = params.text("group_limit");
  const token = params.text("group_next_token");
  if (text === "") {
    if (token !== "")
      throw badParameter("group_limit", "group_limit needs to be set to paginate over the groups");
    return { groups, next: "" };
  }
  const limit = Number(text);
  if (!/^[+-]?\d+$/.test(text))
    throw badParameter(
      "group_limit",
      `group_limit needs to be a valid number: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  if (limit <= 0) throw badParameter("group_limit", "group_limit needs to be greater than 0");
  const from = token === "" ? 0 : groups.findIndex((group) => tokenOf(group) === token);
  if (from < 0) throw badData(`invalid group_next_token ${JSON.stringify(token)}`);
  const following = groups[from + limit];
  return {
    groups: groups.slice(from, from + limit),
    next: following === undefined ? "" : tokenOf(following),
  };
}

const tokenOf = ({ file, name }: ShownGroup): string =>
  Buffer.from(`${file};${name}`).toString("base64url");

const withoutAlerts = (rule: ShownRule): ShownRule => {
  if (rule.type !== "alerting") return rule;
  const { alerts: _alerts, ...rest } = rule as ShownRule & { alerts?: unknown };
  return rest;
};

export function ruleGroupRoutes(app: App, doors: Doors): void {
  app.get(
    "/api/v1/rules",
    {
      config: { access: "read" },
      compress: false,
      schema: schema("Groups of rules, as Prometheus shows them"),
    },
    async (request, reply) => {
      const params = new Params(request);
      const passes = ruleFilter(params);
      const groupNames = new Set(params.all("rule_group[]"));
      const files = new Set(params.all("file[]"));
      const all: ShownGroup[] = doors.rules.groups(tenantOf(request)).groups;
      const exclude = params.flag("exclude_alerts");
      const wanted = all
        .filter(
          ({ name, file }) =>
            (groupNames.size === 0 || groupNames.has(name)) &&
            (files.size === 0 || files.has(file)),
        )
        .map((group) => {
          const rules = group.rules.filter(passes);
          return { ...group, rules: exclude ? rules.map(withoutAlerts) : rules };
        })
        .filter(({ rules }) => rules.length > 0);
      const { groups, next } = page(wanted, params);
      return sendData(request, reply, {
        groups,
        ...(next === "" ? {} : { groupNextToken: next }),
      });
    },
  );
}
