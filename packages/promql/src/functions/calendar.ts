/** A point in time in UTC, in the proleptic Gregorian calendar. */
export interface Moment {
  year: number;
  /** From 1 to 12. */
  month: number;
  /** Day of the month, from 1. */
  day: number;
  hour: number;
  minute: number;
  /** 0 is Sunday. */
  weekday: number;
  /** From 1 to 366. */
  yearDay: number;
}

const DAY = 86_400;

/**
 * What Go on amd64 makes of the smallest 64-bit second, which is what numbers beyond 64 bits and NaN turn into there:
 * the count wraps around to the last second that Go can tell.
 */
const BEYOND: Moment = {
  year: 292_277_026_596,
  month: 12,
  day: 4,
  hour: 15,
  minute: 30,
  weekday: 0,
  yearDay: 339,
};

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (lengths[month - 1] ?? 0);
}

/** JavaScript's Date ends in the year 275760 and costs an object; PromQL takes any number of seconds since 1970. */
export function momentOf(unixSeconds: number): Moment {
  if (!(Math.abs(unixSeconds) < 2 ** 63)) return BEYOND;
  const seconds = Math.trunc(unixSeconds);
  const inDay = ((seconds % DAY) + DAY) % DAY;
  const days = (seconds - inDay) / DAY;
  // Years are counted from March, in eras of 400, so that the leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const leap = isLeapYear(year) ? 1 : 0;
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(inDay / 3600),
    minute: Math.floor((inDay % 3600) / 60),
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: month > 2 ? dayOfYear + 60 + leap : dayOfYear - 305,
  };
}
