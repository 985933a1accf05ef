import type { AlertInsights } from "@fleetlight/contract";

const DAY_MS = 86_400_000;
/** Days that are drawn; the server names no more. */
const MOST_DAYS = 400;

/** Every day (UTC) of the range, also those on which nothing began. */
export const allDays = ({
  start,
  end,
  by_day: byDay,
}: Pick<AlertInsights, "start" | "end" | "by_day">): { day: string; alerts: number }[] => {
  const known = new Map(byDay.map(({ day, alerts }) => [day, alerts]));
  const last = Math.floor((Date.parse(end) - 1) / DAY_MS);
  const first = Math.max(Math.floor(Date.parse(start) / DAY_MS), last - MOST_DAYS + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const day = new Date((first + index) * DAY_MS).toISOString().slice(0, 10);
    return { day, alerts: known.get(day) ?? 0 };
  });
};
