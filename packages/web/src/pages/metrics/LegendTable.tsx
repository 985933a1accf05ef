import { IconArrowDown, IconArrowUp, IconCheck } from "@tabler/icons-react";
import { memo, useMemo, useState } from "react";

import { colourVariable } from "../../charts/shades.ts";
import { formatValue } from "../../format/units.ts";
import type { Stats } from "../../promql/columns.ts";
import { statsOf } from "../../promql/columns.ts";
import table from "../../ui/table.module.css";
import type { AnswerLine } from "./lines.ts";
import classes from "./legend-table.module.css";

/** Rows that are listed before somebody asks for more. */
const ROWS_AT_FIRST = 100;

type Column = "label" | keyof Stats;
interface Order {
  by: Column;
  down: boolean;
}
interface Row {
  line: AnswerLine;
  stats: Stats;
}

const COLUMNS: { by: Column; word: string }[] = [
  { by: "label", word: "Series" },
  { by: "last", word: "Last" },
  { by: "min", word: "Min" },
  { by: "max", word: "Max" },
  { by: "avg", word: "Avg" },
];

const compare =
  ({ by, down }: Order) =>
  (a: Row, b: Row): number => {
    const sign = down ? -1 : 1;
    if (by === "label")
      return a.line.label.localeCompare(b.line.label, "en", { numeric: true }) * sign;
    return ((a.stats[by] ?? -Infinity) - (b.stats[by] ?? -Infinity)) * sign || 0;
  };

const Head = ({ order, onOrder }: { order: Order | null; onOrder: (order: Order) => void }) => (
  <thead>
    <tr>
      {COLUMNS.map(({ by, word }) => {
        const on = order?.by === by;
        const Arrow = order?.down ? IconArrowDown : IconArrowUp;
        return (
          <th
            key={by}
            scope="col"
            className={by === "label" ? undefined : table["right"]}
            aria-sort={on ? (order.down ? "descending" : "ascending") : "none"}
          >
            <button
              type="button"
              className={table["sort"]}
              onClick={() => onOrder({ by, down: on ? !order.down : by !== "label" })}
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

interface LegendRowProps {
  row: Row;
  on: boolean;
  badge: boolean;
  onToggle: (key: string) => void;
  onOnly: (key: string) => void;
  onFocus: (key: string | null) => void;
}

const LegendRow = memo(
  ({ row: { line, stats }, on, badge, onToggle, onOnly, onFocus }: LegendRowProps) => (
    <tr
      className={table["row"]}
      data-off={!on || undefined}
      onMouseEnter={() => onFocus(on ? line.key : null)}
      onMouseLeave={() => onFocus(null)}
    >
      <td>
        <div className={classes["series"]}>
          <button
            type="button"
            role="checkbox"
            aria-checked={on}
            aria-label={`Draw ${line.label}`}
            className={classes["swatch"]}
            style={{ color: colourVariable(line.colour) }}
            onClick={() => onToggle(line.key)}
          >
            {on && <IconCheck size={11} stroke={3} aria-hidden />}
          </button>
          {badge && <span className={classes["badge"]}>{line.query}</span>}
          <button
            type="button"
            className={classes["seriesName"]}
            title={`Draw only ${line.label}`}
            onClick={() => onOnly(line.key)}
            onFocus={() => onFocus(on ? line.key : null)}
            onBlur={() => onFocus(null)}
          >
            {line.label}
          </button>
        </div>
      </td>
      {(["last", "min", "max", "avg"] as const).map((by) => (
        <td key={by} className={classes["figure"]}>
          {formatValue(stats[by], line.unit)}
        </td>
      ))}
    </tr>
  ),
);

interface LegendTableProps {
  lines: AnswerLine[];
  /** Null draws all. */
  only: Set<string> | null;
  /** Says beside each series which query it answers. */
  badges: boolean;
  onToggle: (key: string) => void;
  onOnly: (key: string) => void;
  onFocus: (key: string | null) => void;
}

/** The lines in words and numbers; chooses which of them are drawn. */
export const LegendTable = ({ lines, only, badges, ...handlers }: LegendTableProps) => {
  const [order, setOrder] = useState<Order | null>(null);
  const [all, setAll] = useState(false);
  const rows = useMemo(() => {
    const made = lines.map((line): Row => ({ line, stats: statsOf(line.values) }));
    return order === null ? made : made.toSorted(compare(order));
  }, [lines, order]);
  const shown = all ? rows : rows.slice(0, ROWS_AT_FIRST);
  return (
    <div className={classes["legend"]}>
      <table className={`${table["table"]} ${classes["legendTable"]}`} aria-label="Series">
        <Head order={order} onOrder={setOrder} />
        <tbody>
          {shown.map((row) => (
            <LegendRow
              key={row.line.key}
              row={row}
              on={only === null || only.has(row.line.key)}
              badge={badges}
              {...handlers}
            />
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <button type="button" className={classes["more"]} onClick={() => setAll(true)}>
          Show {rows.length - shown.length} more
        </button>
      )}
    </div>
  );
};
