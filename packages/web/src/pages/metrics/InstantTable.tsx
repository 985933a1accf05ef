import { Button, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDownload, IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";

import { formatDateTime } from "../../format/time.ts";
import { formatValue, plural } from "../../format/units.ts";
import type { InstantAnswer } from "../../promql/client.ts";
import type { InstantRow } from "../../promql/columns.ts";
import { SkeletonRows } from "../../ui/notes.tsx";
import table from "../../ui/table.module.css";
import { csvOfRows, download, textOf } from "./csv.ts";
import type { Query } from "./explore-state.ts";
import { unitOfExpression } from "./expression-unit.ts";
import type { RowOrder } from "./instant-rows.ts";
import { arrange, labelsOf, sharedLabels } from "./instant-rows.ts";
import classes from "./metrics.module.css";
import type { Answers } from "./use-answers.ts";

/** Rows that are drawn; the filter finds the rest. */
const ROWS_SHOWN = 300;
/** Columns of labels; more do not fit a screen, and are written as a selector instead. */
const COLUMNS_SHOWN = 6;

export type TableRow = InstantRow & { query: string; expression: string };

const rowsOf = (answers: Answers<InstantAnswer>, queries: Query[]): TableRow[] =>
  answers.outcomes.flatMap(({ name, expression, answer }) =>
    answer === null || !queries.some((query) => query.name === name && !query.hidden)
      ? []
      : answer.rows.map((row) => ({ ...row, query: name, expression })),
  );

interface HeadProps {
  columns: { by: string; word: string }[];
  order: RowOrder;
  onOrder: (order: RowOrder) => void;
}

const Head = ({ columns, order, onOrder }: HeadProps) => (
  <thead>
    <tr>
      {columns.map(({ by, word }) => {
        const on = order.by === by;
        const Arrow = order.down ? IconArrowDown : IconArrowUp;
        return (
          <th
            key={by}
            scope="col"
            className={by === "=" ? table["right"] : undefined}
            aria-sort={on ? (order.down ? "descending" : "ascending") : "none"}
          >
            <button
              type="button"
              className={table["sort"]}
              onClick={() => onOrder({ by, down: on ? !order.down : by === "=" })}
            >
              {word}
              {on && <Arrow size={13} aria-hidden />}
            </button>
          </th>
        );
      })}
    </tr>
  </thead>
);

const ValueCell = ({ row }: { row: TableRow }) => {
  const noted = Number.isNaN(row.value) && row.note !== "";
  return (
    <td className={classes["figure"]} title={noted ? row.note : String(row.value)}>
      {noted ? row.note : formatValue(row.value, unitOfExpression(row.expression))}
    </td>
  );
};

const Body = ({
  rows,
  labels,
  several,
}: {
  rows: TableRow[];
  labels: string[];
  several: boolean;
}) => (
  <tbody>
    {rows.slice(0, ROWS_SHOWN).map((row) => (
      <tr key={row.query + row.key} className={table["row"]}>
        {several && <td>{row.query}</td>}
        {labels.length === 0 || labels.length > COLUMNS_SHOWN ? (
          <td className={classes["labels"]}>{textOf(row) || row.expression}</td>
        ) : (
          labels.map((label) => (
            <td key={label} className={classes["cell"]} title={row.labels[label]}>
              {row.labels[label] ?? <span className="dim">–</span>}
            </td>
          ))
        )}
        <ValueCell row={row} />
      </tr>
    ))}
  </tbody>
);

interface InstantTableProps {
  answers: Answers<InstantAnswer> | undefined;
  queries: Query[];
}

/** The values at the end of the range: sorted, filtered, and as CSV. */
export const InstantTable = ({ answers, queries }: InstantTableProps) => {
  const [order, setOrder] = useState<RowOrder>({ by: "=", down: true });
  const [filter, setFilter] = useState("");
  const rows = useMemo(
    () => (answers === undefined ? [] : rowsOf(answers, queries)),
    [answers, queries],
  );
  const names = useMemo(() => labelsOf(rows), [rows]);
  const shared = useMemo(() => sharedLabels(rows), [rows]);
  const shown = useMemo(() => arrange(rows, order, filter), [rows, order, filter]);
  if (answers === undefined) return <SkeletonRows rows={8} height={34} />;
  const labels = names.filter((name) => !shared.some(([label]) => label === name));
  const several = answers.outcomes.length > 1;
  const wide = labels.length === 0 || labels.length > COLUMNS_SHOWN;
  const columns = [
    ...(several ? [{ by: "?", word: "Query" }] : []),
    ...(wide
      ? [{ by: "#", word: "Series" }]
      : labels.map((by) => ({ by, word: by === "__name__" ? "metric" : by }))),
    { by: "=", word: "Value" },
  ];
  return (
    <>
      <div className={classes["tableTools"]}>
        <TextInput
          size="xs"
          className={classes["tableFilter"] ?? ""}
          aria-label="Filter the rows"
          placeholder="Filter by any label"
          leftSection={<IconSearch size={14} />}
          value={filter}
          onChange={({ currentTarget }) => setFilter(currentTarget.value)}
        />
        <span className="dim num">
          {plural(shown.length, "row")}
          {shown.length > ROWS_SHOWN && `, the first ${ROWS_SHOWN} of them shown`}, at{" "}
          {formatDateTime(answers.times.endMs)}
        </span>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={<IconDownload size={14} />}
          disabled={shown.length === 0}
          onClick={() => download("metrics.csv", csvOfRows(names, shown))}
        >
          CSV
        </Button>
      </div>
      {shared.length > 0 && (
        <p className={classes["shared"]}>
          All rows have{" "}
          <code>{shared.map(([label, value]) => `${label}="${value}"`).join(", ")}</code>
        </p>
      )}
      {shown.length === 0 ? (
        <p className={classes["nothing"]}>
          {rows.length === 0 ? "No series at this time" : "No row matches the filter"}
        </p>
      ) : (
        <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="Values">
          <table className={`${table["table"]} ${classes["values"]}`} aria-label="Values">
            <Head columns={columns} order={order} onOrder={setOrder} />
            <Body rows={shown} labels={labels} several={several} />
          </table>
        </div>
      )}
    </>
  );
};
