const pad = (value: number): string => String(value).padStart(2, "0");

/** Unix milliseconds as a field for local date and time wants them, to the second. */
export const toField = (timeMs: number): string => {
  const at = new Date(timeMs);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${day}T${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
};

/** What such a field holds as Unix milliseconds; null while it is incomplete. */
export const fromField = (text: string): number | null => {
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? new Date(text).getTime() : Number.NaN;
  return Number.isNaN(timeMs) || timeMs < 0 ? null : timeMs;
};
