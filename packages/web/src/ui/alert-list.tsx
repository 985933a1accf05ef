import type { Alert } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { unitOf, formatValue } from "../format/units.ts";
import { parseSelector } from "../format/selector.ts";
import classes from "./alert-list.module.css";
import { SeverityMark, StateMark } from "./state.tsx";
import { Ago, Lasting } from "./time.tsx";

const metricName = (metric: string): string => parseSelector(metric)?.name || metric;

/** The reading that an alert is about, against its limit: `1.4 s > 1 s`. */
export const reading = ({ metric, value, condition, threshold }: Alert): string => {
  const unit = unitOf(metricName(metric));
  return `${formatValue(value, unit)} ${condition} ${formatValue(threshold, unit)}`;
};

const AlertRow = ({ alert }: { alert: Alert }) => (
  <li className={classes["row"]}>
    <div className={classes["state"]}>
      <StateMark state={alert.state} />
    </div>
    <div className={classes["what"]}>
      <Link
        to="/dashboard/alerts/$alertId"
        params={{ alertId: alert.id }}
        className={classes["name"]}
        data-list-item
      >
        {alert.name}
      </Link>
      <div className={classes["detail"]}>
        {alert.service !== "" && <span className={classes["service"]}>{alert.service}</span>}
        <span className={classes["reading"]}>{reading(alert)}</span>
        <span className={classes["metric"]}>{metricName(alert.metric)}</span>
      </div>
    </div>
    <SeverityMark severity={alert.severity} />
    <div className={classes["when"]}>
      {alert.state === "resolved" ? (
        <>
          <span>
            lasted <Lasting since={alert.active_at} until={alert.resolved_at} />
          </span>
          <span className="dim">
            <Ago at={alert.resolved_at} />
          </span>
        </>
      ) : (
        <>
          <span>
            for <Lasting since={alert.fired_at ?? alert.active_at} />
          </span>
          <span className="dim">
            <Ago at={alert.fired_at ?? alert.active_at} />
          </span>
        </>
      )}
    </div>
  </li>
);

/** Alerts as rows, each of them a link. */
export const AlertRows = ({ alerts }: { alerts: Alert[] }) => (
  <ul className={classes["rows"]}>
    {alerts.map((alert) => (
      <AlertRow key={alert.id} alert={alert} />
    ))}
  </ul>
);
