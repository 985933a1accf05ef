import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { silencesQuery } from "../../api/alertmanager.ts";
import { formatWhen } from "../../format/time.ts";
import { useNow } from "../../live/live.tsx";
import { Ago } from "../../ui/time.tsx";
import { StateIcon } from "../../ui/state.tsx";
import type { QuietState } from "../../ui/state.tsx";
import type { AlertRow } from "./alert-rows.ts";
import classes from "./alert-page.module.css";

const Line = ({ state, children }: { state: QuietState; children: ReactNode }) => (
  <li className={classes["quietLine"]}>
    <StateIcon state={state} size={16} />
    <span>{children}</span>
  </li>
);

const SilenceLine = ({ id }: { id: string }) => {
  const now = useNow(30_000);
  const silence = useQuery(silencesQuery()).data?.find((one) => one.id === id);
  return (
    <Line state="silenced">
      <Link
        to="/dashboard/alerts/silences/$silenceId"
        params={{ silenceId: id }}
        className={classes["textLink"]}
      >
        Silenced
      </Link>
      {silence !== undefined && (
        <>
          {" "}
          by {silence.createdBy} until {formatWhen(Date.parse(silence.endsAt), now)}
          {silence.comment !== "" && `: ${silence.comment}`}
        </>
      )}
    </Line>
  );
};

/** The alert that keeps this one quiet, by fingerprint. */
const Cause = ({ fingerprint }: { fingerprint: string }) => (
  <Link
    to="/dashboard/alerts/$alertId"
    params={{ alertId: fingerprint }}
    className={classes["textLink"]}
  >
    another alert
  </Link>
);

/** Why nobody is told of an alert, and who is on it. */
export const AlertQuiet = ({ row }: { row: AlertRow }) => {
  const now = useNow(30_000);
  const { ack } = row;
  const quiet =
    ack !== null ||
    [row.silencedBy, row.maintenanceBy, row.inhibitedBy, row.dependsOn, row.mutedBy].some(
      (by) => by.length > 0,
    );
  if (!quiet) return null;
  return (
    <ul className={classes["quiet"]} aria-label="Why it is quiet">
      {ack !== null && (
        <Line state="acknowledged">
          {ack.kind === "snooze" ? "Snoozed" : "Acknowledged"} by <strong>{ack.by}</strong>{" "}
          <Ago at={ack.at} />
          {ack.expires_at !== null && `, until ${formatWhen(Date.parse(ack.expires_at), now)}`}
          {ack.note !== "" && `: ${ack.note}`}
        </Line>
      )}
      {row.silencedBy.map((id) => (
        <SilenceLine key={id} id={id} />
      ))}
      {row.maintenanceBy.map((id) => (
        <Line key={id} state="maintenance">
          In a{" "}
          <Link
            to="/dashboard/alerts/maintenance/$windowId"
            params={{ windowId: id }}
            className={classes["textLink"]}
          >
            maintenance window
          </Link>
        </Line>
      ))}
      {row.inhibitedBy.map((fingerprint) => (
        <Line key={fingerprint} state="inhibited">
          Inhibited by <Cause fingerprint={fingerprint} />
        </Line>
      ))}
      {row.dependsOn.map((fingerprint) => (
        <Line key={fingerprint} state="dependency">
          What its service depends on has failed: <Cause fingerprint={fingerprint} />
        </Line>
      ))}
      {row.mutedBy.length > 0 && (
        <Line state="muted">Muted by the hours {row.mutedBy.join(", ")}</Line>
      )}
    </ul>
  );
};
