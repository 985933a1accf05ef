/** Unix milliseconds; passed in wherever time matters so that a test can hold the clock. */
export type Now = () => number;

/** Unix milliseconds as the API writes times: ISO 8601, UTC, milliseconds. */
export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();
