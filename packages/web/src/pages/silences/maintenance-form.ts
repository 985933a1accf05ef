import type { MaintenanceInput, MaintenanceWindow } from "@fleetlight/contract";

import type { Matcher } from "../../format/selector.ts";
import { fromMatcher, toLocalField, toMatcher } from "./silence-draft.ts";

export const WEEKDAYS = [
  ["monday", "Mon"],
  ["tuesday", "Tue"],
  ["wednesday", "Wed"],
  ["thursday", "Thu"],
  ["friday", "Fri"],
  ["saturday", "Sat"],
  ["sunday", "Sun"],
] as const;
export type Weekday = (typeof WEEKDAYS)[number][0];

export type ScheduleKind = "once" | "weekly" | "rrule";

/** A maintenance window as it is typed. */
export interface MaintenanceForm {
  name: string;
  reason: string;
  by: string;
  matchers: Matcher[];
  services: string[];
  enabled: boolean;
  all: boolean;
  kind: ScheduleKind;
  /** `datetime-local` fields in the browser's zone, for one that comes once. */
  start: string;
  end: string;
  weekdays: Weekday[];
  /** `22:00`. */
  time: string;
  /** `2h`. */
  duration: string;
  zone: string;
  rrule: string;
  /** Local time in `zone`, `2026-11-21T22:00`. */
  dtstart: string;
}

const HOUR = 3_600_000;

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export const emptyMaintenance = (now: number, by: string): MaintenanceForm => ({
  name: "",
  reason: "",
  by,
  matchers: [{ label: "", op: "=", value: "" }],
  services: [],
  enabled: true,
  all: false,
  kind: "once",
  start: toLocalField(Math.ceil(now / HOUR) * HOUR),
  end: toLocalField(Math.ceil(now / HOUR) * HOUR + 2 * HOUR),
  weekdays: ["sunday"],
  time: "22:00",
  duration: "2h",
  zone: browserZone(),
  rrule: "FREQ=MONTHLY;BYDAY=1SU",
  dtstart: toLocalField(Math.ceil(now / HOUR) * HOUR),
});

export const maintenanceFormOf = (window: MaintenanceWindow, now: number): MaintenanceForm => {
  const { schedule } = window;
  const form: MaintenanceForm = {
    ...emptyMaintenance(now, window.by),
    name: window.name,
    reason: window.reason,
    matchers:
      window.matchers.length > 0
        ? window.matchers.map(toMatcher)
        : [{ label: "", op: "=", value: "" }],
    services: window.services,
    enabled: window.enabled,
    kind: schedule.type,
  };
  if (schedule.type === "once")
    return {
      ...form,
      start: toLocalField(Date.parse(schedule.start)),
      end: toLocalField(Date.parse(schedule.end)),
    };
  const shared = { ...form, duration: String(schedule.duration), zone: schedule.time_zone };
  if (schedule.type === "weekly")
    return { ...shared, weekdays: schedule.weekdays, time: schedule.start_time };
  return { ...shared, rrule: schedule.rrule, dtstart: schedule.dtstart };
};

const iso = (field: string): string => {
  const at = new Date(field);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
};

const scheduleOf = (form: MaintenanceForm): MaintenanceInput["schedule"] => {
  if (form.kind === "once") return { type: "once", start: iso(form.start), end: iso(form.end) };
  const shared = { duration: form.duration.trim(), time_zone: form.zone.trim() };
  if (form.kind === "weekly")
    return { type: "weekly", weekdays: form.weekdays, start_time: form.time, ...shared };
  return { type: "rrule", rrule: form.rrule.trim(), dtstart: form.dtstart, ...shared };
};

export const toMaintenanceInput = (form: MaintenanceForm): MaintenanceInput => ({
  name: form.name.trim(),
  reason: form.reason.trim(),
  ...(form.by.trim() !== "" && { by: form.by.trim() }),
  matchers: form.matchers.filter(({ label }) => label.trim() !== "").map(fromMatcher),
  services: form.services,
  schedule: scheduleOf(form),
  enabled: form.enabled,
  confirm_all: form.all,
});

/** Whether a preview can be asked for: the server would refuse less than this. */
export const canPreview = (form: MaintenanceForm): boolean =>
  form.matchers.some(({ label }) => label.trim() !== "") || form.services.length > 0;
