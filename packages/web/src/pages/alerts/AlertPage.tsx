import type { Alert, Delivery } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { alertQuery, deliveriesQuery, ruleQuery } from "../../api/queries.ts";
import { formatClock, formatDateTime, formatDuration } from "../../format/time.ts";
import { parseSelector } from "../../format/selector.ts";
import { formatValue, unitOf } from "../../format/units.ts";
import { reading } from "../../ui/alert-list.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts, LabelChips, Page, Panel } from "../../ui/page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { Ago, Lasting } from "../../ui/time.tsx";
import { AlertGraph } from "./AlertGraph.tsx";
import classes from "./alerts.module.css";
import { conditionText } from "./rule-form.ts";

const route = getRouteApi("/dashboard/alerts/$alertId");

const DELIVERY_WORDS = { pending: "on its way", delivered: "delivered", failed: "given up" };
const DELIVERY_TOKENS = {
  pending: "--fl-pending",
  delivered: "--fl-healthy",
  failed: "--fl-unhealthy",
};

const outcome = ({ ok, status_code: code, error }: Delivery["attempts"][number]): string => {
  if (ok) return code === null ? "accepted" : `accepted with ${code}`;
  return error ?? (code === null ? "no answer" : `refused with ${code}`);
};

const DeliveryItem = ({ delivery }: { delivery: Delivery }) => (
  <li className={classes["delivery"]}>
    <div className={classes["deliveryHead"]}>
      <span className={classes["deliveryWhat"]}>
        {delivery.status} to {delivery.channel}
      </span>
      <span style={{ color: `var(${DELIVERY_TOKENS[delivery.state]})`, fontWeight: 500 }}>
        {DELIVERY_WORDS[delivery.state]}
      </span>
    </div>
    <div className={classes["target"]} title={delivery.key}>
      {delivery.target}
    </div>
    <ol className={classes["attempts"]}>
      {delivery.attempts.map((attempt, index) => (
        <li key={`${attempt.at}-${index}`}>
          <span className="num dim">{formatClock(Date.parse(attempt.at))}</span>
          <span>
            {outcome(attempt)}
            <span className="dim num"> in {formatValue(attempt.duration_seconds, "seconds")}</span>
          </span>
        </li>
      ))}
      {delivery.attempts.length === 0 && <li className="dim">not tried yet</li>}
    </ol>
    {delivery.next_attempt_at !== null && delivery.state === "pending" && (
      <p className="dim num">next attempt at {formatClock(Date.parse(delivery.next_attempt_at))}</p>
    )}
  </li>
);

const Deliveries = ({ id }: { id: string }) => {
  const { data, error } = useQuery(deliveriesQuery(id));
  return (
    <Panel title="Who was told" flush>
      {error !== null && data === undefined && (
        <Failure what="The deliveries could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={3} />}
      {data?.deliveries.length === 0 && (
        <Empty title="Nobody was told">
          <p>No channel is configured, the cooldown holds, or it has not fired yet.</p>
        </Empty>
      )}
      <ul>
        {data?.deliveries.map((delivery) => (
          <DeliveryItem key={delivery.key} delivery={delivery} />
        ))}
      </ul>
    </Panel>
  );
};

const When = ({ at }: { at: string | null }) =>
  at === null ? (
    <span className="dim">not yet</span>
  ) : (
    <span className="num">
      {formatDateTime(Date.parse(at))} (<Ago at={at} />)
    </span>
  );

const facts = (alert: Alert): [string, ReactNode][] => {
  const unit = unitOf(parseSelector(alert.metric)?.name ?? alert.metric);
  const rows: [string, ReactNode][] = [
    ["Value", formatValue(alert.value, unit)],
    ["Threshold", `${alert.condition} ${formatValue(alert.threshold, unit)}`],
    ["Crossed", <When key="active" at={alert.active_at} />],
    ["Fired", <When key="fired" at={alert.fired_at} />],
  ];
  if (alert.state === "resolved")
    rows.push(["Resolved", <When key="resolved" at={alert.resolved_at} />]);
  for (const [name, text] of Object.entries(alert.annotations)) rows.push([name, text]);
  return rows;
};

const RulePanel = ({ id }: { id: string }) => {
  const { data: rule } = useQuery(ruleQuery(id));
  return (
    <Panel title="Rule">
      <p>
        <Link
          to="/dashboard/alerts/rules/$ruleId"
          params={{ ruleId: id }}
          className={classes["ruleLink"]}
        >
          {rule?.name ?? id}
        </Link>
      </p>
      {rule !== undefined && <p className="mono dim">{conditionText(rule)}</p>}
      {rule !== undefined && rule.description !== "" && <p>{rule.description}</p>}
    </Panel>
  );
};

const Lead = ({ alert }: { alert: Alert }) => (
  <span className={classes["strip"]}>
    <StateMark state={alert.state} big />
    {alert.state === "resolved" ? (
      <span className="num">
        lasted{" "}
        {formatDuration(
          Date.parse(alert.resolved_at ?? alert.updated_at) - Date.parse(alert.active_at),
        )}
      </span>
    ) : (
      <span>
        for <Lasting since={alert.fired_at ?? alert.active_at} />
      </span>
    )}
    <SeverityMark severity={alert.severity} />
    <span className="num">{reading(alert)}</span>
    {alert.service !== "" && (
      <Link
        to="/dashboard/services/$serviceId"
        params={{ serviceId: alert.service }}
        className={classes["serviceLink"]}
      >
        {alert.service}
      </Link>
    )}
  </span>
);

const back = <BackLink to="/dashboard/alerts">Alerts</BackLink>;

/** One alert: what, since when, how the value went, who was told. */
export const AlertPage = () => {
  const { alertId } = route.useParams();
  const { data: alert, error } = useQuery(alertQuery(alertId));
  const rule = useQuery({ ...ruleQuery(alert?.rule_id ?? ""), enabled: alert !== undefined });
  if (alert === undefined) {
    return (
      <Page title="Alert" before={back}>
        {error === null ? (
          <SkeletonRows rows={8} />
        ) : (
          <Failure what={`The alert ${alertId} could not be loaded`} error={error} />
        )}
      </Page>
    );
  }
  return (
    <Page title={alert.name} before={back} lead={<Lead alert={alert} />}>
      {!rule.isLoading && <AlertGraph alert={alert} rule={rule.data} />}
      <div className={classes["split"]}>
        <div className={classes["column"]}>
          <Panel title="What happened">
            <Facts rows={facts(alert)} />
          </Panel>
          <Panel title="Labels">
            <LabelChips labels={alert.labels} />
          </Panel>
          <RulePanel id={alert.rule_id} />
        </div>
        <Deliveries id={alert.id} />
      </div>
    </Page>
  );
};
