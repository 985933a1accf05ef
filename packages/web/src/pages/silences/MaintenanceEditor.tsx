import {
  Button,
  Checkbox,
  SegmentedControl,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { ApiError } from "../../api/client.ts";
import { maintenancePreviewQuery } from "../../api/maintenance.ts";
import { servicesQuery } from "../../api/queries.ts";
import { indexLabels } from "../../format/alert-filter.ts";
import { formatDateTime, formatDuration } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { LabelChips, Panel } from "../../ui/page.tsx";
import { useAlertRows } from "../alerts/use-alerts.ts";
import type { MaintenanceForm, ScheduleKind } from "./maintenance-form.ts";
import { canPreview, toMaintenanceInput, WEEKDAYS } from "./maintenance-form.ts";
import { MatcherFields } from "./MatcherFields.tsx";
import { matchesAll } from "./silence-draft.ts";
import classes from "./silence-page.module.css";

type Set = (change: Partial<MaintenanceForm>) => void;

interface PartProps {
  form: MaintenanceForm;
  set: Set;
  refusal: ApiError | null;
}

const Once = ({ form, set, refusal }: PartProps) => (
  <div className={classes["two"]}>
    <TextInput
      type="datetime-local"
      label="Begins"
      value={form.start}
      onChange={(event) => set({ start: event.currentTarget.value })}
      error={refusal?.field("schedule.start")}
    />
    <TextInput
      type="datetime-local"
      label="Ends"
      value={form.end}
      onChange={(event) => set({ end: event.currentTarget.value })}
      error={refusal?.field("schedule.end")}
    />
  </div>
);

const Recurring = ({ form, set, refusal }: PartProps) => (
  <div className={classes["two"]}>
    <TextInput
      label="Lasts"
      description="As 90m, 2h or 1d"
      value={form.duration}
      onChange={(event) => set({ duration: event.currentTarget.value })}
      error={refusal?.field("schedule.duration")}
    />
    <TextInput
      label="Time zone"
      description="As Europe/Berlin"
      value={form.zone}
      onChange={(event) => set({ zone: event.currentTarget.value })}
      error={refusal?.field("schedule.time_zone")}
    />
  </div>
);

const Weekly = (props: PartProps) => {
  const { form, set, refusal } = props;
  return (
    <>
      <div className={classes["days"]} role="group" aria-label="Days on which it begins">
        {WEEKDAYS.map(([day, word]) => (
          <Button
            key={day}
            size="compact-md"
            variant={form.weekdays.includes(day) ? "filled" : "default"}
            aria-pressed={form.weekdays.includes(day)}
            onClick={() =>
              set({
                weekdays: form.weekdays.includes(day)
                  ? form.weekdays.filter((one) => one !== day)
                  : WEEKDAYS.map(([one]) => one).filter(
                      (one) => one === day || form.weekdays.includes(one),
                    ),
              })
            }
          >
            {word}
          </Button>
        ))}
      </div>
      <TextInput
        type="time"
        label="Begins at"
        value={form.time}
        onChange={(event) => set({ time: event.currentTarget.value })}
        error={refusal?.field("schedule.start_time") ?? refusal?.field("schedule.weekdays")}
      />
      <Recurring {...props} />
    </>
  );
};

const ByRule = (props: PartProps) => {
  const { form, set, refusal } = props;
  return (
    <>
      <TextInput
        label="Recurrence rule"
        description="As calendars write it: FREQ=MONTHLY;BYDAY=1SU is the first Sunday of each month"
        value={form.rrule}
        onChange={(event) => set({ rrule: event.currentTarget.value })}
        error={refusal?.field("schedule.rrule")}
      />
      <TextInput
        type="datetime-local"
        label="First begins"
        value={form.dtstart}
        onChange={(event) => set({ dtstart: event.currentTarget.value })}
        error={refusal?.field("schedule.dtstart")}
      />
      <Recurring {...props} />
    </>
  );
};

const SCHEDULES = { once: Once, weekly: Weekly, rrule: ByRule };

/** What the window would keep quiet now, and when it would be in force. */
const Preview = ({ form }: { form: MaintenanceForm }) => {
  const [settled] = useDebouncedValue(form, 400);
  const able = canPreview(settled);
  const input = useMemo(
    () =>
      able ? { ...toMaintenanceInput(settled), name: settled.name.trim() || "preview" } : null,
    [settled, able],
  );
  const { data, error } = useQuery(maintenancePreviewQuery(input));
  const occurrences = [data?.current ?? null, ...(data?.next ?? [])].filter((one) => one !== null);
  return (
    <Panel title="What it would do">
      {!able && <p className="dim">Name a label or a service to see what would be kept quiet.</p>}
      {able && error !== null && <Failure what="It cannot be said yet" error={error} />}
      {able && error === null && data !== undefined && (
        <>
          <p>
            {data.matched_count === 0
              ? "Matches no alert now."
              : `Matches ${plural(data.matched_count, "alert")} now.`}
          </p>
          {data.matched.slice(0, 3).map(({ fingerprint, labels }) => (
            <p key={fingerprint}>
              <LabelChips labels={labels} />
            </p>
          ))}
          <p className="dim">{occurrences.length === 0 ? "It never begins." : "In force:"}</p>
          <ul>
            {occurrences.map(({ start, end }) => (
              <li key={start} className={classes["occurrence"]}>
                <span className="num">{formatDateTime(Date.parse(start)).slice(0, 16)}</span>
                <span className="dim">
                  {" "}
                  for {formatDuration(Date.parse(end) - Date.parse(start))}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
};

/** Whether the window would keep quiet whatever comes. */
const isEverything = (form: MaintenanceForm): boolean => {
  const matchers = form.matchers.filter(({ label }) => label.trim() !== "");
  return form.services.length === 0 && matchers.length > 0 && matchesAll(matchers);
};

/** Which alerts it is about. */
const Scope = ({ form, set, refusal }: PartProps) => {
  const { rows } = useAlertRows();
  const services = useQuery(servicesQuery()).data?.services ?? [];
  const index = useMemo(() => indexLabels(rows.map(({ labels }) => labels)), [rows]);
  return (
    <>
      <MatcherFields
        matchers={form.matchers}
        index={index}
        error={refusal?.field("matchers")}
        onChange={(next) => set({ matchers: next })}
      />
      <TagsInput
        label="Services"
        description="Alerts of these alone; with labels, both must hold"
        data={services.map(({ id }) => id)}
        value={form.services}
        onChange={(next) => set({ services: next })}
        error={refusal?.field("services")}
      />
      {isEverything(form) && (
        <Checkbox
          label="This matches every alert there will be. Keep them all quiet."
          checked={form.all}
          onChange={(event) => set({ all: event.currentTarget.checked })}
        />
      )}
    </>
  );
};

const Words = ({ form, set, refusal }: PartProps) => (
  <>
    <Textarea
      label="Why"
      rows={2}
      value={form.reason}
      onChange={(event) => set({ reason: event.currentTarget.value })}
      error={refusal?.field("reason")}
    />
    <TextInput
      label="Your name"
      autoComplete="name"
      value={form.by}
      onChange={(event) => set({ by: event.currentTarget.value })}
      error={refusal?.field("by")}
    />
    <Switch
      label="Enabled"
      checked={form.enabled}
      onChange={(event) => set({ enabled: event.currentTarget.checked })}
    />
  </>
);

interface EditorProps {
  initial: MaintenanceForm;
  submitWord: string;
  busy: boolean;
  error: Error | null;
  onSubmit: (form: MaintenanceForm) => void;
  onCancel: () => void;
}

/** A planned time of quiet, beside what it would do. */
export const MaintenanceEditor = ({
  initial,
  submitWord,
  busy,
  error,
  onSubmit,
  onCancel,
}: EditorProps) => {
  const [form, setForm] = useState(initial);
  const set: Set = (change) => setForm((old) => ({ ...old, ...change }));
  const refusal = error instanceof ApiError ? error : null;
  const Schedule = SCHEDULES[form.kind];
  const part = { form, set, refusal };
  return (
    <div className={classes["columns"]}>
      <Panel title="Maintenance">
        <form
          className={classes["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit(form);
          }}
        >
          <TextInput
            label="Name"
            placeholder="Database upgrade"
            required
            value={form.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={refusal?.field("name")}
          />
          <Scope {...part} />
          <SegmentedControl
            aria-label="How often"
            data={[
              { value: "once", label: "Once" },
              { value: "weekly", label: "Every week" },
              { value: "rrule", label: "By a rule" },
            ]}
            value={form.kind}
            onChange={(kind) => set({ kind: kind as ScheduleKind })}
          />
          <Schedule {...part} />
          <Words {...part} />
          {error !== null && <Failure what="It was not saved" error={error} />}
          <DialogButtons>
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={isEverything(form) && !form.all}>
              {submitWord}
            </Button>
          </DialogButtons>
        </form>
      </Panel>
      <Preview form={form} />
    </div>
  );
};
