import type { Finding } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { agentHue, hueVariable } from "../../charts/colours.ts";
import { formatDateTime, formatDuration } from "../../format/time.ts";
import { useNow } from "../../live/live.tsx";
import classes from "./coordination.module.css";
import { placeOf, spanOf, untilOf } from "./finding-words.ts";

/** The spans that show it, one line each, in the order in which they began. */
export const EvidenceTimeline = ({ finding }: { finding: Finding }) => {
  const now = useNow(1000);
  const whole = spanOf(finding, now);
  const spans = finding.evidence.toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));
  return (
    <>
      <ol className={classes["evidence"]}>
        {spans.map((one) => {
          const start = Date.parse(one.start);
          const end = one.end === null ? untilOf(finding, now) : Date.parse(one.end);
          const { left, width } = placeOf({ start, end }, whole);
          return (
            <li key={`${one.trace_id}${one.span_id}`} className={classes["proof"]}>
              <div className={classes["proofWords"]}>
                <Link
                  to="/dashboard/runs/$runId"
                  params={{ runId: one.trace_id }}
                  search={{ span: one.span_id }}
                  className={classes["proofLink"]}
                >
                  {one.agent === "" ? "an agent" : one.agent}
                </Link>{" "}
                {one.what}
                <span className={classes["proofTime"]} title={formatDateTime(start)}>
                  {one.end === null && finding.state === "open" ? "for " : ""}
                  {end - start < 1000
                    ? `${Math.max(0, Math.round(end - start))} ms`
                    : formatDuration(end - start)}
                </span>
              </div>
              <div className={classes["lane"]} aria-hidden>
                <span
                  data-open={(one.end === null && finding.state === "open") || undefined}
                  style={{
                    insetInlineStart: `${left}%`,
                    width: `${width}%`,
                    background: hueVariable(agentHue(one.agent)),
                  }}
                />
              </div>
            </li>
          );
        })}
      </ol>
      <p className={classes["axis"]}>
        <span>{formatDateTime(whole.start)}</span>
        <span>{formatDuration(whole.end - whole.start)}</span>
      </p>
    </>
  );
};
