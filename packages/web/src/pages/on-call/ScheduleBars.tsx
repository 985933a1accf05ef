import { hueVariable } from "../../charts/colours.ts";
import { formatDateTime } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import type { Bar, BarRow } from "./schedule-view.ts";
import { addDays } from "./schedule-view.ts";
import classes from "./on-call.module.css";

const DAY = new Intl.DateTimeFormat("en", { weekday: "short", day: "numeric" });
/** A bar that is narrower says nothing but in its title. */
const NAMED_FROM = 0.04;

interface ScheduleBarsProps {
  label: string;
  rows: readonly BarRow[];
  start: number;
  days: number;
  now: number;
  hues: ReadonlyMap<string, number>;
}

const spanText = ({ name, from, to }: Bar): string =>
  `${name}, ${formatDateTime(from).slice(0, 16)} to ${formatDateTime(to).slice(0, 16)}`;

const BarView = ({ bar, hues }: { bar: Bar; hues: ReadonlyMap<string, number> }) => (
  <li
    className={classes["bar"]}
    data-gap={bar.person === null || undefined}
    data-override={bar.override || undefined}
    style={{
      left: `${bar.left * 100}%`,
      width: `${bar.width * 100}%`,
      ...(bar.person !== null && {
        borderColor: hueVariable(hues.get(bar.person) ?? 1),
        background: `color-mix(in srgb, ${hueVariable(hues.get(bar.person) ?? 1)} 18%, var(--fl-panel))`,
      }),
    }}
    title={spanText(bar)}
  >
    {bar.width >= NAMED_FROM ? (
      <span className="clip">{bar.name}</span>
    ) : (
      <span className="visually-hidden">{spanText(bar)}</span>
    )}
  </li>
);

/** Who is on call, one row for what counts and one for each layer, over days. */
export const ScheduleBars = ({ label, rows, start, days, now, hues }: ScheduleBarsProps) => {
  const midnights = Array.from({ length: days }, (_, index) => addDays(start, index));
  const end = addDays(start, days);
  const gaps = rows[0]?.bars.filter(({ person }) => person === null).length ?? 0;
  const at = (now - start) / (end - start);
  return (
    <figure className={classes["figure"]} aria-label={label}>
      <div className={classes["scroll"]} tabIndex={0} role="group" aria-label={label}>
        <div className={classes["grid"]} data-many={days > 10 || undefined}>
          <div className={classes["corner"]} />
          <div className={classes["heads"]} aria-hidden>
            {midnights.map((midnight) => (
              <span key={midnight} data-weekend={[0, 6].includes(new Date(midnight).getDay())}>
                {days > 10 ? new Date(midnight).getDate() : DAY.format(midnight)}
              </span>
            ))}
          </div>
          {rows.map((row) => (
            <div key={row.key} className={classes["rowOf"]} data-main={row.key === "final"}>
              <span className={classes["rowTitle"]}>{row.title}</span>
              <div className={classes["track"]}>
                {midnights.slice(1).map((midnight, index) => (
                  <span
                    key={midnight}
                    className={classes["line"]}
                    style={{ left: `${((index + 1) / days) * 100}%` }}
                  />
                ))}
                <ul aria-label={row.title}>
                  {row.bars.map((bar) => (
                    <BarView key={bar.key} bar={bar} hues={hues} />
                  ))}
                </ul>
                {at >= 0 && at <= 1 && (
                  <span className={classes["now"]} style={{ left: `${at * 100}%` }} />
                )}
              </div>
            </div>
          ))}
        </div>
      </div>
      <figcaption className={gaps > 0 ? classes["gapText"] : "dim"}>
        {gaps > 0
          ? `${plural(gaps, "gap")}: nobody is on call there.`
          : "Somebody is on call all the time."}
      </figcaption>
    </figure>
  );
};
