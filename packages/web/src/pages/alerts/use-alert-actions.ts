import { useMemo, useState } from "react";

import { useAcknowledge, useUnacknowledge } from "../../api/acknowledge.ts";
import type { AlertRow } from "./alert-rows.ts";
import { targetOf } from "./alert-rows.ts";
import type { RowActions } from "./AlertTable.tsx";

/** Alerts for the actions of keys, of rows and of the bar. */
export const useAlertActions = (rows: readonly AlertRow[], toggle: (key: string) => void) => {
  const acknowledge = useAcknowledge().mutate;
  const release = useUnacknowledge().mutate;
  const [silencing, setSilencing] = useState<AlertRow[] | null>(null);
  const byKey = useMemo(() => new Map(rows.map((row) => [row.key, row])), [rows]);
  const rowActions: RowActions = useMemo(
    () => ({
      toggle,
      acknowledge: (row) => acknowledge({ targets: [targetOf(row)] }),
      release: (row) => release([targetOf(row)]),
    }),
    // oxlint-disable-next-line react/exhaustive-deps -- toggle only calls a setter; rows must not be drawn for it
    [acknowledge, release],
  );
  const rowsOf = (keys: Iterable<string>) =>
    [...keys].map((key) => byKey.get(key)).filter((row) => row !== undefined);
  return {
    rowActions,
    silencing,
    setSilencing,
    rowsOf,
    acknowledgeAll: (chosen: AlertRow[]) => {
      const targets = chosen.filter(({ ack }) => ack === null).map(targetOf);
      if (targets.length > 0) acknowledge({ targets });
    },
  };
};
