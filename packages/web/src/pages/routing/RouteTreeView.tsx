import { IconArrowBarToDown, IconCornerDownRight, IconSend } from "@tabler/icons-react";

import type { RouteRow } from "./route-tree.ts";
import { timingText } from "./route-tree.ts";
import classes from "./routing.module.css";

const LIT_WORDS = { leaf: "tells here", passed: "goes through" };

const Row = ({ row, brief }: { row: RouteRow; brief: boolean }) => {
  const { node, depth, lit, mutedBy } = row;
  return (
    <li
      className={classes["route"]}
      style={{ paddingInlineStart: 14 + Math.min(depth, 8) * 22 }}
      data-lit={lit ?? undefined}
    >
      <span className={classes["routeIcon"]} aria-hidden>
        {lit === "leaf" ? (
          <IconSend size={15} />
        ) : (
          depth > 0 && <IconCornerDownRight size={15} stroke={1.6} />
        )}
      </span>
      <div className={classes["routeWhat"]}>
        <div className={classes["routeHead"]}>
          <span className={classes["matchers"]}>
            {node.matchers.length === 0
              ? depth === 0
                ? "every alert"
                : "whatever comes here"
              : node.matchers.join(", ")}
          </span>
          <span className={classes["receiver"]}>→ {node.receiver}</span>
          {node.continues && (
            <span className={classes["goesOn"]} title="Siblings below are asked as well">
              <IconArrowBarToDown size={13} aria-hidden /> goes on
            </span>
          )}
          {lit !== null && <span className={classes["litWord"]}>{LIT_WORDS[lit]}</span>}
        </div>
        {(!brief || lit === "leaf") && <div className={classes["timing"]}>{timingText(node)}</div>}
        {[
          ...node.mute_time_intervals.map((name) => `quiet during ${name}`),
          ...node.active_time_intervals.map((name) => `only during ${name}`),
        ].map((text) => (
          <div key={text} className={classes["timing"]}>
            {text}
          </div>
        ))}
        {mutedBy.length > 0 && (
          <div className={classes["muted"]}>Muted now by {mutedBy.join(", ")}</div>
        )}
      </div>
    </li>
  );
};

/** Routes one below the other; those that an alert takes stand out by colour, icon and word. */
export const RouteTreeView = ({
  rows,
  label,
  brief = false,
}: {
  rows: readonly RouteRow[];
  label: string;
  brief?: boolean;
}) => (
  <ul className={classes["tree"]} aria-label={label}>
    {rows.map((row) => (
      <Row key={row.node.id} row={row} brief={brief} />
    ))}
  </ul>
);
