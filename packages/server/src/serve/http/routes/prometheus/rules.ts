import type { AlertRule } from "@fleetlight/contract";
import { compileMatcher, type LabelMatcher } from "@fleetlight/promql";

import type { LabelSet } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { badData, badParameter } from "./errors.ts";
import { Params } from "./params.ts";
import { sendData } from "./reply.ts";

const schema = (summary: string) => ({ tags: ["prometheus"], summary });
/** The group in which threshold rules of the configuration and the API are shown, and its file. */
const THRESHOLD_GROUP = "threshold rules";
const THRESHOLD_FILE = "fleetlight";
/** How upstream writes the time of what never happened. */
const NEVER = "0001-01-01T00:00:00Z";

type Group = ReturnType<Doors["ruleGroups"]>["groups"][number];
/** Any rule of any group; only some of its fields decide whether it is shown. */
interface ShownRule {
  name: string;
  type: "alerting" | "recording";
  labels: LabelSet;
}
type ShownGroup = Omit<Group, "rules"> & { rules: ShownRule[] };

const STATES = ["firing", "pending"] as const;

const healthOf = ({ evaluation }: AlertRule): string => {
  if (evaluation.error !== null) return "err";
  return evaluation.last_at === null ? "unknown" : "ok";
};

/** Threshold rules as alerting rules. Those that come with Fleetlight are not the user's, and not shown. */
function thresholdGroup(doors: Doors, tenant: string): ShownGroup | undefined {
  const own = doors.rules.list(tenant).filter(({ origin }) => origin !== "builtin");
  if (own.length === 0) return undefined;
  const active = doors.alerts.active(tenant);
  const rules = own.map((rule) => {
    const alerts = active
      .filter(({ rule_id }) => rule_id === rule.id)
      .map((alert) => ({
        labels: { alertname: alert.name, severity: alert.severity, ...alert.labels },
        annotations: alert.annotations,
        state: alert.state,
        activeAt: alert.active_at,
        value: String(alert.value ?? Number.NaN),
      }));
    return {
      state: STATES.find((state) => alerts.some((alert) => alert.state === state)) ?? "inactive",
      name: rule.name,
      query: `${rule.metric} ${rule.condition} ${rule.threshold}`,
      duration: rule.for_duration,
      keepFiringFor: 0,
      labels: { severity: rule.severity, ...rule.labels },
      annotations: rule.annotations,
      alerts,
      health: healthOf(rule),
      lastError: rule.evaluation.error ?? "",
      evaluationTime: rule.evaluation.last_duration_seconds ?? 0,
      lastEvaluation: rule.evaluation.last_at ?? NEVER,
      type: "alerting" as const,
    };
  });
  return {
    name: THRESHOLD_GROUP,
    file: THRESHOLD_FILE,
    rules,
    interval: doors.config().alerting.evaluation_interval / 1000,
    limit: 0,
    evaluationTime: rules.reduce((sum, { evaluationTime }) => sum + evaluationTime, 0),
    lastEvaluation: rules.reduce(
      (latest, { lastEvaluation }) => (lastEvaluation > latest ? lastEvaluation : latest),
      NEVER,
    ),
  };
}

const KINDS: Record<string, ShownRule["type"]> = { alert: "alerting", record: "recording" };

/** Whether a rule passes what the request asks for. */
function ruleFilter(params: Params): (rule: ShownRule) => boolean {
  const type = params.text("type").toLowerCase();
  const kind = KINDS[type];
  if (type !== "" && kind === undefined)
    throw badParameter("type", `not supported value ${JSON.stringify(type)}`);
  const names = new Set(params.all("rule_name[]"));
  const selectors = params
    .selectors()
    .map((matchers: LabelMatcher[]) =>
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
      const tenant = tenantOf(request);
      const thresholds = thresholdGroup(doors, tenant);
      const all: ShownGroup[] = [
        ...doors.ruleGroups(tenant).groups,
        ...(thresholds === undefined ? [] : [thresholds]),
      ];
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
