/** Minutes of a day, weekdays, days of a month, months and years, all of which must hold; as in Alertmanager's format. */
export interface TimeInterval {
  /** Minutes since midnight, end exclusive. */
  times: readonly { startMinute: number; endMinute: number }[];
  /** 0 is Sunday; both ends belong to it. */
  weekdays: readonly { begin: number; end: number }[];
  /** From 1, or from -1 backwards from the end of the month. */
  daysOfMonth: readonly { begin: number; end: number }[];
  months: readonly { begin: number; end: number }[];
  years: readonly { begin: number; end: number }[];
  /** IANA name; UTC when undefined. */
  location: string | undefined;
}
