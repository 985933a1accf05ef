import { formatCount, plural } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import classes from "./insights.module.css";

/** Hours of UTC as they are called where the browser is, first the local midnight. */
export const localHours = (byHour: readonly number[], offsetMinutes: number): number[] => {
  const shift = Math.round(offsetMinutes / 60);
  return Array.from({ length: 24 }, (_, local) => byHour[(local + shift + 48) % 24] ?? 0);
};

/** Of this browser's time, now. */
const OFFSET_MINUTES = new Date().getTimezoneOffset();

const pad = (hour: number): string => String(hour).padStart(2, "0");

/** At what hours and on what days alerts begin. */
export const DayHours = ({
  byHour,
  byDay,
}: {
  byHour: readonly number[];
  byDay: readonly { day: string; alerts: number }[];
}) => {
  const hours = localHours(byHour, OFFSET_MINUTES);
  const mostHour = Math.max(1, ...hours);
  const mostDay = Math.max(1, ...byDay.map(({ alerts }) => alerts));
  return (
    <div className={classes["two"]}>
      <Panel title="By hour of the day" aside="this browser's time">
        <ol className={classes["hours"]} aria-label="Alerts by hour of the day">
          {hours.map((alerts, hour) => (
            // oxlint-disable-next-line react/no-array-index-key -- an hour is its place
            <li key={hour} title={`${pad(hour)}:00, ${plural(alerts, "alert")}`}>
              <span
                className={classes["cell"]}
                style={{ "--fl-share": `${Math.round((alerts / mostHour) * 88)}%` } as object}
                data-dark={alerts / mostHour > 0.55 || undefined}
              >
                {alerts === 0 ? "" : formatCount(alerts)}
                <span className="visually-hidden"> at {pad(hour)}:00</span>
              </span>
              <span className={classes["hour"]} aria-hidden>
                {pad(hour)}
              </span>
            </li>
          ))}
        </ol>
      </Panel>
      <Panel title="By day" aside={`most ${formatCount(mostDay)} a day`}>
        <ol className={classes["days"]} aria-label="Alerts by day">
          {byDay.map(({ day, alerts }) => (
            <li key={day} title={`${day}, ${plural(alerts, "alert")}`}>
              <span
                className={classes["column"]}
                style={{ height: `${(alerts / mostDay) * 100}%` }}
              />
              <span className="visually-hidden">
                {day}: {plural(alerts, "alert")}
              </span>
            </li>
          ))}
        </ol>
        <div className={classes["dayEnds"]} aria-hidden>
          <span>{byDay[0]?.day}</span>
          <span>{byDay.at(-1)?.day}</span>
        </div>
      </Panel>
    </div>
  );
};
