import { IconAlertTriangleFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import type { GroupRule, RuleGroup } from "../../api/rule-groups.ts";
import { formatDuration } from "../../format/time.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { Ago } from "../../ui/time.tsx";
import classes from "./alerts.module.css";

const NEVER = "0001-01-01T00:00:00Z";

const Row = ({ rule }: { rule: GroupRule }) => (
  <li className={classes["fileRule"]}>
    <div className={classes["ruleWhat"]}>
      <span className={classes["fileRuleName"]}>{rule.name}</span>
      <div className={classes["ruleCondition"]} title={rule.query}>
        {rule.query}
        {rule.duration > 0 && ` for ${formatDuration(rule.duration * 1000)}`}
      </div>
      {rule.health === "err" && (
        <div className={classes["ruleError"]}>
          <IconAlertTriangleFilled size={13} aria-hidden /> {rule.lastError}
        </div>
      )}
    </div>
    <div className={classes["ruleState"]}>
      {rule.state === "inactive" ? (
        <span className="dim">quiet</span>
      ) : (
        <StateMark state={rule.state} />
      )}
    </div>
    <span className={classes["ruleTimes"]}>
      {rule.lastEvaluation === NEVER ? (
        <span className="dim">not evaluated</span>
      ) : (
        <>
          <Ago at={rule.lastEvaluation} />
          <span className="dim num">in {formatValue(rule.evaluationTime, "seconds")}</span>
        </>
      )}
    </span>
    {rule.labels["severity"] !== undefined ? (
      <SeverityMark severity={rule.labels["severity"]} />
    ) : (
      <span />
    )}
    <Link
      to="/dashboard/explore"
      search={{ e: rule.query }}
      className={classes["fileLink"]}
      aria-label={`Open ${rule.name} in Metrics`}
    >
      Open in Metrics
    </Link>
  </li>
);

/** Rules of one group of a file: to read here, to change there. */
export const FileRules = ({ group, rules }: { group: RuleGroup; rules: readonly GroupRule[] }) => (
  <Panel
    title={group.name}
    flush
    aside={
      <>
        <span className="mono clip" title={group.file}>
          {group.file}
        </span>
        <span>
          {plural(rules.length, "rule")}, every {formatDuration(group.interval * 1000)}, read-only
        </span>
      </>
    }
  >
    <ul aria-label={`Rules of ${group.name}`}>
      {rules.map((rule, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a file may name two rules alike
        <Row key={`${rule.name}/${index}`} rule={rule} />
      ))}
    </ul>
  </Panel>
);
