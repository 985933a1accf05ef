import { Button } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { alertHistoryQuery, HISTORY_HOURS } from "../../api/queries.ts";
import { AlertRows } from "../../ui/alert-list.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "./AlertTabs.tsx";
import classes from "./alerts.module.css";

/** Rows of the history that are drawn at first. */
const FIRST_ROWS = 100;

/** What was wrong lately. */
export const AlertHistoryPage = () => {
  useListKeys();
  const [shown, setShown] = useState(FIRST_ROWS);
  const { data, error } = useQuery(alertHistoryQuery());
  const alerts = (data?.alerts ?? []).toSorted((a, b) => b.active_at.localeCompare(a.active_at));
  return (
    <Page
      title="Alert history"
      lead={`What was wrong in the last ${HISTORY_HOURS} hours, and for how long?`}
    >
      <AlertTabs />
      <div className={classes["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The history could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={6} height={54} />}
        {data !== undefined && alerts.length === 0 && (
          <Empty
            icon={<IconHistory size={30} stroke={1.5} />}
            title={`No alert in the last ${HISTORY_HOURS} hours`}
          />
        )}
        <AlertRows alerts={alerts.slice(0, shown)} />
      </div>
      {alerts.length > shown && (
        <Button variant="default" onClick={() => setShown(shown + FIRST_ROWS)}>
          Show {Math.min(FIRST_ROWS, alerts.length - shown)} more of {alerts.length}
        </Button>
      )}
    </Page>
  );
};
