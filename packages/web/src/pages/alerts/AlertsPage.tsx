import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDeferredValue, useMemo, useState } from "react";

import { rulesQuery } from "../../api/queries.ts";
import { routedGroupsQuery } from "../../api/routing.ts";
import type { AlertsSearch } from "../../app/alert-search.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { matchersFor } from "../silences/silence-draft.ts";
import { SilenceDialog } from "../silences/SilenceForm.tsx";
import { flatItems, groupItems } from "./alert-groups.ts";
import type { AlertRow } from "./alert-rows.ts";
import { quietWord } from "./alert-rows.ts";
import type { Selection } from "./alert-select.ts";
import { selectAlerts } from "./alert-select.ts";
import { AlertTable } from "./AlertTable.tsx";
import { AlertTabs } from "./AlertTabs.tsx";
import classes from "./alerts-page.module.css";
import { BulkBar } from "./BulkBar.tsx";
import { FacetColumn } from "./FacetColumn.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { NewRuleButton } from "./NewRuleButton.tsx";
import { useAlertActions } from "./use-alert-actions.ts";
import { useAlertKeys } from "./use-alert-keys.ts";
import type { ActiveAlerts } from "./use-alerts.ts";
import { SharedAlerts, useAlertRows } from "./use-alerts.ts";

const route = getRouteApi("/dashboard/alerts");

const Quiet = () => {
  const rules = useQuery(rulesQuery()).data?.rules;
  const watching = rules?.filter(({ enabled }) => enabled).length;
  return (
    <Empty
      icon={<IconCircleCheck size={30} stroke={1.5} />}
      title="Nothing is firing"
      {...(watching !== undefined && { waiting: `${plural(watching, "rule")} watching` })}
    >
      <p>
        An alert stands here from the moment a rule holds until it no longer does. A Prometheus can
        send its own to this address, as to an Alertmanager.
      </p>
    </Empty>
  );
};

const leadOf = (rows: readonly AlertRow[]): string => {
  if (rows.length === 0) return "What is wrong now, and who is on it?";
  const firing = rows.filter(({ state }) => state === "firing");
  const loud = firing.filter((row) => quietWord(row) === null).length;
  const pending = rows.length - firing.length;
  return [
    `${formatCount(firing.length)} firing`,
    firing.length > 0 && `${formatCount(loud)} of them with nobody on it`,
    pending > 0 && `${formatCount(pending)} pending`,
  ]
    .filter(Boolean)
    .join(", ");
};

/** Who the pipeline tells is asked only while somebody looks at it. */
const useItems = (selection: Selection, grouped: boolean) => {
  const groups = useQuery({ ...routedGroupsQuery(), enabled: grouped });
  const items = useMemo(
    () =>
      grouped ? groupItems(selection.rows, groups.data?.groups ?? []) : flatItems(selection.rows),
    [selection.rows, grouped, groups.data],
  );
  return { items, error: grouped && groups.data === undefined ? groups.error : null };
};

const useSelected = () => {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) =>
    setSelected((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return { selected, toggle, clear: () => setSelected(new Set()) };
};

interface ListProps {
  active: ActiveAlerts;
  openKey: string | undefined;
  wide: boolean;
  phone: boolean;
}

/** The box with the rows, or with what stands there instead of them. */
const Sheet = ({
  active: { rows, loaded, error },
  left,
  change,
  children,
}: {
  active: ActiveAlerts;
  /** How many rows the filters leave. */
  left: number;
  change: (next: AlertsSearch) => void;
  children: ReactNode;
}) => (
  <div className={classes["sheet"]}>
    {error !== null && <Failure what="The alerts could not be loaded" error={error} />}
    {!loaded && error === null && <SkeletonRows rows={8} height={58} />}
    {loaded && rows.length === 0 && <Quiet />}
    {rows.length > 0 && left === 0 && (
      <Empty title="No alert matches these filters">
        <Button variant="default" onClick={() => change({})}>
          Show all {rows.length}
        </Button>
      </Empty>
    )}
    {children}
  </div>
);

const Keys = () => (
  <p className={classes["keys"]}>
    <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>x</kbd> select <kbd>a</kbd>{" "}
    acknowledge <kbd>s</kbd> silence <kbd>Esc</kbd> back
  </p>
);

/** What is selected, the keys, and what both do. */
const useHands = (rows: readonly AlertRow[], openKey: string | undefined, search: AlertsSearch) => {
  const navigate = useNavigate();
  const { selected, toggle, clear } = useSelected();
  const actions = useAlertActions(rows, toggle);
  const { rowsOf, acknowledgeAll, setSilencing } = actions;
  const chosen = rowsOf(selected);
  useListKeys();
  useAlertKeys({
    chosen: (key) => (chosen.length > 0 ? chosen : rowsOf([key ?? openKey ?? ""])),
    acknowledge: acknowledgeAll,
    silence: setSilencing,
    toggle,
    escape: () => {
      if (selected.size > 0) clear();
      else if (openKey !== undefined) void navigate({ to: "/dashboard/alerts", search });
    },
  });
  return { ...actions, selected, chosen, clear };
};

const List = ({ active, openKey, wide, phone }: ListProps) => {
  const search = route.useSearch();
  const navigate = useNavigate();
  const { partial } = active;
  // Typing into the filter goes before news about thousands of alerts.
  const rows = useDeferredValue(active.rows);
  const selection = useMemo(() => selectAlerts(rows, search), [rows, search]);
  const { items, error: groupsError } = useItems(selection, search.view === "groups");
  const hands = useHands(rows, openKey, search);
  const [asked, setAsked] = useState(false);
  const room = wide && openKey === undefined;
  const facetsShown = asked || room;
  const failed = partial ?? groupsError;
  const change = (next: AlertsSearch) =>
    void navigate({ to: ".", search: next, replace: true, resetScroll: false });
  return (
    <>
      <FilterBar
        search={search}
        selection={selection}
        all={rows}
        facetsShown={facetsShown}
        change={change}
        onFacets={room ? undefined : () => setAsked(!asked)}
      />
      <div className={classes["body"]} data-facets={facetsShown || undefined}>
        {facetsShown && <FacetColumn counts={selection.counts} search={search} change={change} />}
        <div className={classes["list"]}>
          {failed !== null && <Failure what="It is not known who is told" error={failed} />}
          {hands.chosen.length > 0 && (
            <BulkBar
              count={hands.chosen.length}
              onAcknowledge={() => {
                hands.acknowledgeAll(hands.chosen);
                hands.clear();
              }}
              onSilence={() => hands.setSilencing(hands.chosen)}
              onClear={hands.clear}
            />
          )}
          <Sheet active={active} left={selection.rows.length} change={change}>
            <AlertTable
              items={items}
              search={search}
              selected={hands.selected}
              openKey={openKey}
              phone={phone}
              actions={hands.rowActions}
            />
          </Sheet>
          {rows.length > 0 && !phone && <Keys />}
        </div>
      </div>
      {hands.silencing !== null && hands.silencing.length > 0 && (
        <SilenceDialog
          matchers={matchersFor(hands.silencing.map(({ labels }) => labels))}
          onClose={() => hands.setSilencing(null)}
        />
      )}
    </>
  );
};

/** What is wrong now; beside it, on a wide screen, the alert that is looked at. */
export const ActiveAlertsPage = () => {
  const { alertId } = useParams({ strict: false });
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const active = useAlertRows();
  const outlet = <Outlet />;
  return (
    <SharedAlerts value={active}>
      {alertId !== undefined && !wide ? (
        outlet
      ) : (
        <Page
          title="Alerts"
          lead={leadOf(active.rows)}
          {...(alertId === undefined
            ? { actions: phone ? undefined : <NewRuleButton /> }
            : { beside: outlet })}
        >
          <AlertTabs />
          <List active={active} openKey={alertId} wide={wide} phone={phone} />
        </Page>
      )}
    </SharedAlerts>
  );
};
