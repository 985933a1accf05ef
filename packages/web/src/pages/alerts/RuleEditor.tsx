import { Autocomplete, Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { ApiError } from "../../api/client.ts";
import { metricNamesQuery } from "../../api/queries.ts";
import { parseSelector } from "../../format/selector.ts";
import { slug } from "../../format/slug.ts";
import { formatValue, unitOf } from "../../format/units.ts";
import { Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { SEVERITIES } from "../../ui/state.tsx";
import classes from "./alerts.module.css";
import { CONDITIONS, numberOf } from "./rule-form.ts";
import type { RuleForm } from "./rule-form.ts";
import { RulePreview } from "./RulePreview.tsx";

/** Names offered while a metric is typed. */
const NAMES_OFFERED = 50;

const FIELDS = [
  "id",
  "name",
  "description",
  "metric",
  "expr",
  "condition",
  "threshold",
  "severity",
  "for_duration",
  "cooldown_minutes",
];

type Set = <K extends keyof RuleForm>(name: K, value: RuleForm[K]) => void;

interface PartProps {
  form: RuleForm;
  set: Set;
  refusal: ApiError | null;
}

const MetricField = ({ form, set, refusal }: PartProps) => {
  const [typed] = useDebouncedValue(form.metric, 150);
  const search = parseSelector(typed)?.name ?? typed;
  const names = useQuery(metricNamesQuery(search, NAMES_OFFERED)).data?.metrics ?? [];
  return (
    <Autocomplete
      className={classes["whole"] ?? ""}
      label="Metric"
      description={'A name, or a name with labels: http_errors_total{job="api"}'}
      placeholder="probe_duration_seconds"
      required
      data={names.map(({ name }) => name)}
      filter={({ options }) => options}
      value={form.metric}
      onChange={(value) => set("metric", value)}
      error={refusal?.field("metric") ?? refusal?.field("expr")}
      classNames={{ input: classes["code"] ?? "" }}
    />
  );
};

const ConditionFields = ({ form, set, refusal }: PartProps) => {
  const name = parseSelector(form.metric)?.name ?? "";
  const threshold = numberOf(form.threshold);
  const unit = unitOf(name);
  return (
    <>
      <NativeSelect
        label="Condition"
        data={CONDITIONS.map(({ value, label }) => ({ value, label }))}
        value={form.condition}
        onChange={(event) => set("condition", event.currentTarget.value as RuleForm["condition"])}
      />
      <TextInput
        label="Threshold"
        description={
          threshold === null || unit === "none"
            ? "In the metric's own unit"
            : `That is ${formatValue(threshold, unit)}`
        }
        inputWrapperOrder={["label", "input", "description", "error"]}
        type="number"
        step="any"
        required
        value={form.threshold}
        onChange={(event) => set("threshold", event.currentTarget.value)}
        error={refusal?.field("threshold")}
      />
      <TextInput
        label="Must hold for, seconds"
        description="0 fires at once"
        inputWrapperOrder={["label", "input", "description", "error"]}
        type="number"
        min={0}
        step="any"
        value={form.for}
        onChange={(event) => set("for", event.currentTarget.value)}
        error={refusal?.field("for_duration")}
      />
      <TextInput
        label="Cooldown, minutes"
        description="Silence after telling"
        inputWrapperOrder={["label", "input", "description", "error"]}
        type="number"
        min={0}
        step="any"
        placeholder="as configured"
        value={form.cooldown}
        onChange={(event) => set("cooldown", event.currentTarget.value)}
        error={refusal?.field("cooldown_minutes")}
      />
    </>
  );
};

const NamingFields = ({ form, set, refusal, existing }: PartProps & { existing: boolean }) => (
  <>
    <TextInput
      label="Name"
      placeholder="Checks are slow"
      required
      value={form.name}
      onChange={(event) => set("name", event.currentTarget.value)}
      error={refusal?.field("name")}
    />
    <TextInput
      label="Id"
      placeholder={slug(form.name) || "checks-are-slow"}
      disabled={existing}
      value={form.id}
      onChange={(event) => set("id", event.currentTarget.value)}
      error={refusal?.field("id")}
    />
    <NativeSelect
      label="Severity"
      data={SEVERITIES}
      value={form.severity}
      onChange={(event) => set("severity", event.currentTarget.value as RuleForm["severity"])}
    />
    <Switch
      className={classes["enabled"] ?? ""}
      label="Enabled"
      checked={form.enabled}
      onChange={(event) => set("enabled", event.currentTarget.checked)}
    />
    <Textarea
      className={classes["whole"] ?? ""}
      label="Description"
      placeholder="What it means, and what to do about it"
      autosize={false}
      rows={2}
      value={form.description}
      onChange={(event) => set("description", event.currentTarget.value)}
      error={refusal?.field("description")}
    />
  </>
);

interface RuleEditorProps {
  initial: RuleForm;
  existing?: boolean;
  /** Why the rule cannot be changed here. */
  fixed?: string | undefined;
  submitWord: string;
  busy: boolean;
  error: Error | null;
  onSubmit: (form: RuleForm) => void;
}

/** The form of a rule beside the picture of what it would have done. */
export const RuleEditor = ({
  initial,
  existing = false,
  fixed,
  submitWord,
  busy,
  error,
  onSubmit,
}: RuleEditorProps) => {
  const [form, setForm] = useState(initial);
  const set: Set = (name, value) => setForm((old) => ({ ...old, [name]: value }));
  const refusal = error instanceof ApiError ? error : null;
  const placed = refusal?.details.some(({ path }) => FIELDS.includes(path)) ?? false;
  return (
    <div className={classes["editor"]}>
      <Panel title="Rule">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit(form);
          }}
        >
          {fixed !== undefined && <p className={classes["fixed"]}>{fixed}</p>}
          <fieldset className={classes["fields"]} disabled={fixed !== undefined}>
            <legend className="visually-hidden">Fields of the rule</legend>
            <MetricField form={form} set={set} refusal={refusal} />
            <ConditionFields form={form} set={set} refusal={refusal} />
            <NamingFields form={form} set={set} refusal={refusal} existing={existing} />
          </fieldset>
          {error !== null && !placed && <Failure what="The rule was not saved" error={error} />}
          <div className={classes["buttons"]}>
            <Button variant="default" component={Link} to="/dashboard/alerts/rules">
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={fixed !== undefined}>
              {submitWord}
            </Button>
          </div>
        </form>
      </Panel>
      <RulePreview form={form} />
    </div>
  );
};
