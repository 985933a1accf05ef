import type { CoordinationSummary } from "@fleetlight/contract";

import { KINDS } from "../../app/coordination-search.ts";
import { hueVariable } from "../../charts/colours.ts";
import { formatDateTime, formatWhen } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import classes from "./coordination.module.css";
import { KIND_WORDS } from "./finding-words.ts";

type Part = CoordinationSummary["over_time"][number];

const totalOf = ({ counts }: Part): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const textOf = ({ at, counts }: Part): string =>
  [
    formatDateTime(Date.parse(at)),
    ...KINDS.flatMap((kind) => {
      const count = counts[kind] ?? 0;
      return count === 0 ? [] : `${KIND_WORDS[kind].word}: ${count}`;
    }),
  ].join("\n");

/** When findings began, by kind: one bar for each part of the range. */
export const OverTime = ({ summary }: { summary: CoordinationSummary }) => {
  const now = useNow(60_000);
  const most = Math.max(1, ...summary.over_time.map(totalOf));
  const total = summary.over_time.reduce((sum, part) => sum + totalOf(part), 0);
  const present = summary.by_kind.filter((one) => one.total > 0);
  const label = `${plural(total, "finding")} began: ${present
    .map(({ kind, total: count }) => `${count} ${KIND_WORDS[kind].many}`)
    .join(", ")}`;
  return (
    <div>
      <div className={classes["bars"]} role="img" aria-label={label}>
        {summary.over_time.map((part) => (
          <div key={part.at} className={classes["bar"]} title={textOf(part)}>
            {KINDS.map((kind) => {
              const count = part.counts[kind] ?? 0;
              return count === 0 ? null : (
                <span
                  key={kind}
                  style={{
                    height: `${(count / most) * 100}%`,
                    background: hueVariable(KIND_WORDS[kind].hue),
                  }}
                />
              );
            })}
          </div>
        ))}
      </div>
      <div className={classes["axis"]} aria-hidden>
        <span>{formatWhen(Date.parse(summary.start), now)}</span>
        <span>most at once {most}</span>
        <span>now</span>
      </div>
    </div>
  );
};
