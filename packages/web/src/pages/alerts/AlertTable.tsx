import { Button } from "@mantine/core";
import { IconCheck, IconChevronRight, IconUserCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo, useMemo, useState } from "react";

import type { AlertsSearch } from "../../app/alert-search.ts";
import { formatAgo } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { reading } from "../../ui/alert-list.tsx";
import { LabelChips } from "../../ui/page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { Lasting } from "../../ui/time.tsx";
import { useSight } from "../../ui/use-sight.ts";
import type { ListItem } from "./alert-groups.ts";
import type { AlertRow } from "./alert-rows.ts";
import { quietWord } from "./alert-rows.ts";
import classes from "./alert-table.module.css";

const ROW_PX = 58;
const HEAD_PX = 44;
const CARD_PX = 150;
const CARD_HEAD_PX = 56;

/** What a row can be asked for; the same object at every drawing, so that rows are not drawn for nothing. */
export interface RowActions {
  toggle: (key: string) => void;
  acknowledge: (row: AlertRow) => void;
  release: (row: AlertRow) => void;
}

interface RowProps {
  row: AlertRow;
  search: AlertsSearch;
  selected: boolean;
  open: boolean;
  actions: RowActions;
}

/** Labels that the row tells in places of their own. */
const TOLD = new Set(["alertname", "severity", "service", "__name__"]);

const detailOf = (row: AlertRow): string => {
  const said = row.annotations["summary"] ?? row.annotations["description"];
  const value = row.alert !== null && row.alert.condition !== "" ? reading(row.alert) : "";
  const labels = Object.entries(row.labels)
    .filter(([name]) => !TOLD.has(name))
    .map(([name, text]) => `${name}=${text}`)
    .join(" ");
  return [value, said ?? labels].filter(Boolean).join(" · ");
};

const quietTitle = (row: AlertRow): string | undefined => {
  if (row.ack === null) return undefined;
  return [`by ${row.ack.by}`, row.ack.note].filter(Boolean).join(": ");
};

const StateCell = ({ row }: { row: AlertRow }) => {
  const quiet = quietWord(row);
  return (
    <span className={classes["state"]} title={quietTitle(row)}>
      <StateMark state={quiet ?? row.state} />
      {row.ack !== null && <span className={classes["by"]}>{row.ack.by}</span>}
    </span>
  );
};

const NameLink = ({ row, search }: { row: AlertRow; search: AlertsSearch }) => (
  <Link
    to="/dashboard/alerts/$alertId"
    params={{ alertId: row.key }}
    search={search}
    resetScroll={false}
    className={classes["name"]}
    data-list-item
    data-row={row.key}
  >
    {row.name}
  </Link>
);

const Check = ({ row, selected, actions }: Pick<RowProps, "row" | "selected" | "actions">) => (
  <label className={classes["check"]}>
    <input
      type="checkbox"
      checked={selected}
      onChange={() => actions.toggle(row.key)}
      aria-label={`Select ${row.name}${row.service === "" ? "" : `, ${row.service}`}`}
    />
  </label>
);

const AckButton = ({ row, actions }: Pick<RowProps, "row" | "actions">) =>
  row.ack === null ? (
    <Button
      size="compact-sm"
      variant="default"
      className={classes["ack"] ?? ""}
      onClick={() => actions.acknowledge(row)}
      aria-label={`Ack ${row.name}`}
    >
      Ack
    </Button>
  ) : (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      className={classes["ack"] ?? ""}
      onClick={() => actions.release(row)}
      aria-label={`Release ${row.name}`}
    >
      Release
    </Button>
  );

const DeskRow = memo(({ row, search, selected, open, actions }: RowProps) => (
  <li
    className={classes["row"]}
    data-quiet={quietWord(row) !== null || undefined}
    data-selected={selected || undefined}
    data-open={open || undefined}
  >
    <Check row={row} selected={selected} actions={actions} />
    <StateCell row={row} />
    <div className={classes["what"]}>
      <NameLink row={row} search={search} />
      <div className={classes["detail"]}>{detailOf(row)}</div>
    </div>
    <span className={classes["severity"]}>
      <SeverityMark severity={row.severity} />
    </span>
    <span className={classes["service"]} title={row.service}>
      {row.service}
    </span>
    <span className={classes["receiver"]} title={row.receivers.join(", ")}>
      {row.receivers.join(", ")}
    </span>
    <span className={classes["since"]}>
      <Lasting since={row.since} />
    </span>
    <AckButton row={row} actions={actions} />
  </li>
));

const Card = memo(({ row, search, selected, actions }: RowProps) => (
  <li
    className={classes["card"]}
    data-quiet={quietWord(row) !== null || undefined}
    data-selected={selected || undefined}
  >
    <div className={classes["cardTop"]}>
      <StateCell row={row} />
      <SeverityMark severity={row.severity} />
      <span className={classes["since"]}>
        <Lasting since={row.since} />
      </span>
    </div>
    <NameLink row={row} search={search} />
    <div className={classes["detail"]}>
      {[row.service, detailOf(row)].filter(Boolean).join(" · ")}
    </div>
    {row.ack === null ? (
      <Button
        className={classes["thumb"] ?? ""}
        variant="default"
        size="md"
        leftSection={<IconUserCheck size={18} />}
        onClick={() => actions.acknowledge(row)}
        aria-label={`Acknowledge ${row.name}`}
      >
        Acknowledge
      </Button>
    ) : (
      <Button
        className={classes["thumb"] ?? ""}
        variant="subtle"
        color="gray"
        size="md"
        leftSection={<IconCheck size={18} />}
        onClick={() => actions.release(row)}
        aria-label={`${row.ack.by} is on it: release ${row.name}`}
      >
        {row.ack.by} is on it
      </Button>
    )}
  </li>
));

const untilText = (at: number, now: number): string =>
  at <= now ? "now" : formatAgo(now, at).replace(" ago", "");

const GroupHead = ({
  item,
  folded,
  onFold,
}: {
  item: Extract<ListItem, { kind: "group" }>;
  folded: boolean;
  onFold: () => void;
}) => {
  const now = useNow(5000);
  return (
    <li className={classes["group"]}>
      <button
        type="button"
        className={classes["fold"]}
        aria-expanded={!folded}
        onClick={onFold}
        aria-label={`Group ${item.title}, ${plural(item.count, "alert")} to ${item.receiver}`}
      >
        <IconChevronRight size={15} aria-hidden className={classes["chevron"]} />
      </button>
      <span className={classes["groupLabels"]}>
        {Object.keys(item.labels).length === 0 ? (
          <span className="dim">everything else</span>
        ) : (
          <LabelChips labels={item.labels} />
        )}
      </span>
      <span className={classes["groupTo"]}>
        {plural(item.count, "alert")}
        {item.receiver !== "" && <> to {item.receiver}</>}
        {item.nextFlush !== null && (
          <span title="When the group's timer is due">
            {" "}
            · next {untilText(item.nextFlush, now)}
          </span>
        )}
      </span>
    </li>
  );
};

interface AlertTableProps {
  items: readonly ListItem[];
  search: AlertsSearch;
  selected: ReadonlySet<string>;
  openKey: string | undefined;
  phone: boolean;
  actions: RowActions;
}

/** Alerts as rows of one height, or as cards on a phone; only those in sight are drawn when there are many. */
export const AlertTable = ({
  items,
  search,
  selected,
  openKey,
  phone,
  actions,
}: AlertTableProps) => {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(
    () => items.filter((item) => item.kind === "group" || !folded.has(item.group)),
    [items, folded],
  );
  const heights = phone ? [CARD_PX, CARD_HEAD_PX] : [ROW_PX, HEAD_PX];
  const { place, first, end, before, after } = useSight<HTMLUListElement>(
    shown.length,
    (index) => heights[shown[index]?.kind === "group" ? 1 : 0] ?? ROW_PX,
    phone ? "cards" : "rows",
  );
  const Row = phone ? Card : DeskRow;
  const fold = (key: string) => {
    const next = new Set(folded);
    if (!next.delete(key)) next.add(key);
    setFolded(next);
  };
  return (
    <ul
      ref={place}
      className={phone ? classes["cards"] : classes["rows"]}
      style={{ paddingTop: before, paddingBottom: after }}
      aria-label="Alerts"
    >
      {shown
        .slice(first, end)
        .map((item) =>
          item.kind === "group" ? (
            <GroupHead
              key={`group ${item.key}`}
              item={item}
              folded={folded.has(item.key)}
              onFold={() => fold(item.key)}
            />
          ) : (
            <Row
              key={`${item.group} ${item.row.key}`}
              row={item.row}
              search={search}
              selected={selected.has(item.row.key)}
              open={item.row.key === openKey}
              actions={actions}
            />
          ),
        )}
    </ul>
  );
};
