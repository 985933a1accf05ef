import { IconArrowDown, IconArrowUp, IconCheck } from "@tabler/icons-react";
import { memo, useMemo, useState } from "react";

import type { Line } from "../../charts/chart.tsx";
import { hueVariable } from "../../charts/colours.ts";
import type { Extent } from "../../charts/data.ts";
import { extentOf } from "../../charts/data.ts";
import { formatValue } from "../../format/units.ts";
import type { Unit } from "../../format/units.ts";
import table from "../../ui/table.module.css";
import classes from "./metrics.module.css";

/** Rows of the table; the label box finds the rest. */
const ROWS_SHOWN = 200;

type Column = "label" | keyof Extent;
interface Order {
  by: Column;
  down: boolean;
}

interface Row {
  line: Line;
  extent: Extent;
}

const compare =
  ({ by, down }: Order) =>
  (a: Row, b: Row): number => {
    if (by === "label") return a.line.label.localeCompare(b.line.label) * (down ? -1 : 1);
    const difference = (a.extent[by] ?? -Infinity) - (b.extent[by] ?? -Infinity);
    return difference * (down ? -1 : 1) || a.line.label.localeCompare(b.line.label);
  };

const COLUMNS: { by: Column; word: string }[] = [
  { by: "label", word: "Series" },
  { by: "last", word: "Last" },
  { by: "min", word: "Min" },
  { by: "max", word: "Max" },
];

const Head = ({ order, onOrder }: { order: Order; onOrder: (order: Order) => void }) => (
  <thead>
    <tr>
      {COLUMNS.map(({ by, word }) => {
        const on = order.by === by;
        const Arrow = order.down ? IconArrowDown : IconArrowUp;
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

interface SeriesRowProps {
  row: Row;
  on: boolean;
  unit: Unit;
  onToggle: (id: string) => void;
  onOnly: (id: string) => void;
}

const SeriesRow = memo(({ row: { line, extent }, on, unit, onToggle, onOnly }: SeriesRowProps) => (
  <tr className={table["row"]} data-off={!on || undefined}>
    <td>
      <div className={classes["series"]}>
        <button
          type="button"
          role="checkbox"
          aria-checked={on}
          aria-label={`Draw ${line.label}`}
          className={classes["swatch"]}
          style={{ color: hueVariable(line.hue) }}
          onClick={() => onToggle(line.key)}
        >
          {on && <IconCheck size={12} stroke={3} aria-hidden />}
        </button>
        <button
          type="button"
          className={classes["seriesName"]}
          title={`Draw only ${line.label}`}
          onClick={() => onOnly(line.key)}
        >
          {line.label}
        </button>
      </div>
    </td>
    <td className={classes["figure"]}>{formatValue(extent.last, unit)}</td>
    <td className={classes["figure"]}>{formatValue(extent.min, unit)}</td>
    <td className={classes["figure"]}>{formatValue(extent.max, unit)}</td>
  </tr>
));

interface SeriesTableProps {
  lines: Line[];
  chosen: Set<string>;
  unit: Unit;
  onToggle: (id: string) => void;
  onOnly: (id: string) => void;
}

/** The same figures as the picture, in words and numbers; chooses what is drawn. */
export const SeriesTable = ({ lines, chosen, unit, onToggle, onOnly }: SeriesTableProps) => {
  const [order, setOrder] = useState<Order>({ by: "label", down: false });
  const rows = useMemo(
    () =>
      lines.map((line): Row => ({ line, extent: extentOf(line.values) })).toSorted(compare(order)),
    [lines, order],
  );
  if (rows.length === 0) return null;
  return (
    <div className={classes["legend"]}>
      <table className={`${table["table"]} ${classes["legendTable"]}`} aria-label="Series">
        <Head order={order} onOrder={setOrder} />
        <tbody>
          {rows.slice(0, ROWS_SHOWN).map((row) => (
            <SeriesRow
              key={row.line.key}
              row={row}
              on={chosen.has(row.line.key)}
              unit={unit}
              onToggle={onToggle}
              onOnly={onOnly}
            />
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_SHOWN && (
        <p className={classes["rest"]}>
          {rows.length - ROWS_SHOWN} more series are not listed; narrow them down by their labels.
        </p>
      )}
    </div>
  );
};
