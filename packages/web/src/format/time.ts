const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const pad = (value: number): string => String(value).padStart(2, "0");

/** How long something took or lasts, in the two largest units: `4 s`, `3 min 20 s`, `2 h 5 min`, `6 d 4 h`. */
export const formatDuration = (milliseconds: number): string => {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  const [large, largeName, small, smallName] =
    ms < HOUR
      ? ([MINUTE, "min", SECOND, "s"] as const)
      : ms < DAY
        ? ([HOUR, "h", MINUTE, "min"] as const)
        : ([DAY, "d", HOUR, "h"] as const);
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
};

/** How long ago, in one unit: `now`, `12 s ago`, `3 min ago`. A time ahead of the clock counts as now. */
export const formatAgo = (at: number, now: number): string => {
  const ms = now - at;
  if (ms < 2 * SECOND) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  return `${Math.floor(ms / DAY)} d ago`;
};

/** Local time of day, `07:12:09`. */
export const formatClock = (at: number, withSeconds = true): string => {
  const date = new Date(at);
  const minutes = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  return withSeconds ? `${minutes}:${pad(date.getSeconds())}` : minutes;
};

/** Local date and time, `2026-11-21 07:12:09`. */
export const formatDateTime = (at: number): string => {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${formatClock(at)}`;
};

/** Time of day when `at` is today, else with the date in front. */
export const formatWhen = (at: number, now: number): string =>
  new Date(at).toDateString() === new Date(now).toDateString()
    ? formatClock(at)
    : formatDateTime(at).slice(5);
