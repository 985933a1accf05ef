import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";

import { acknowledgementsQuery } from "../../api/acknowledge.ts";
import { alertsQuery } from "../../api/queries.ts";
import { routedAlertsQuery } from "../../api/routing.ts";
import type { AlertRow } from "./alert-rows.ts";
import { joinRows } from "./alert-rows.ts";

export interface ActiveAlerts {
  rows: AlertRow[];
  loaded: boolean;
  /** Why the alerts could not be loaded at all. */
  error: Error | null;
  /** Why it is not known who is told; the alerts of our own rules stand there all the same. */
  partial: Error | null;
}

const Shared = createContext<ActiveAlerts | null>(null);

/** What the list has joined, for the alert that is open beside it. */
export const SharedAlerts = Shared.Provider;

export const useSharedAlerts = (): ActiveAlerts => {
  const shared = useContext(Shared);
  if (shared === null) throw new Error("an alert is shown inside of the page of the alerts");
  return shared;
};

/** Every active alert, whoever raised it, with what the pipeline does about it. */
export const useAlertRows = (): ActiveAlerts => {
  const own = useQuery(alertsQuery());
  const pipeline = useQuery(routedAlertsQuery());
  const acknowledgements = useQuery(acknowledgementsQuery());
  const rows = useMemo(
    () =>
      joinRows(
        own.data?.active_alerts ?? [],
        pipeline.data?.alerts ?? [],
        acknowledgements.data?.acknowledgements ?? [],
      ),
    [own.data, pipeline.data, acknowledgements.data],
  );
  return {
    rows,
    loaded: own.data !== undefined && (pipeline.data !== undefined || pipeline.error !== null),
    error: own.data === undefined ? own.error : null,
    partial:
      (pipeline.data === undefined ? pipeline.error : null) ??
      (acknowledgements.data === undefined ? acknowledgements.error : null),
  };
};
