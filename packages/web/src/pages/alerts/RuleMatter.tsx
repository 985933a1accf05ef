import { ActionIcon, Autocomplete, Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import type { ApiError } from "../../api/client.ts";
import { metricNamesQuery } from "../../api/queries.ts";
import { parseSelector } from "../../format/selector.ts";
import { formatValue, unitOf } from "../../format/units.ts";
import { Editor } from "../../promql/editor.tsx";
import classes from "./alerts.module.css";
import { CONDITIONS, numberOf } from "./rule-form.ts";
import type { ConditionSymbol, RuleForm, RuleKind, TypedCondition } from "./rule-form.ts";

/** Names offered while a metric is typed. */
const NAMES_OFFERED = 50;
/** Conditions that one rule may have. */
const MAX_CONDITIONS = 20;

export type SetRule = <K extends keyof RuleForm>(name: K, value: RuleForm[K]) => void;

export interface PartProps {
  form: RuleForm;
  set: SetRule;
  refusal: ApiError | null;
}

interface MetricFieldProps {
  label: string;
  description?: string;
  hidden?: boolean;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

const MetricField = ({ label, hidden, value, error, description, onChange }: MetricFieldProps) => {
  const [typed] = useDebouncedValue(value, 150);
  const search = parseSelector(typed)?.name ?? typed;
  const names = useQuery(metricNamesQuery(search, NAMES_OFFERED)).data?.metrics ?? [];
  return (
    <Autocomplete
      className={classes["whole"] ?? ""}
      {...(hidden === true ? { "aria-label": label } : { label })}
      description={description}
      placeholder="probe_duration_seconds"
      required
      data={names.map(({ name }) => name)}
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      error={error}
      classNames={{ input: classes["code"] ?? "" }}
    />
  );
};

const SELECTOR_HELP = 'A name, or a name with labels: http_errors_total{job="api"}';

const Compared = ({ form, set, refusal, metric }: PartProps & { metric: string }) => {
  const threshold = numberOf(form.threshold);
  const unit = unitOf(parseSelector(metric)?.name ?? "");
  return (
    <>
      <NativeSelect
        label="Condition"
        data={CONDITIONS.map(({ value, label }) => ({ value, label }))}
        value={form.condition}
        onChange={(event) => set("condition", event.currentTarget.value as ConditionSymbol)}
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
        error={refusal?.field("threshold") ?? refusal?.field("rate_of_change.threshold")}
      />
    </>
  );
};

const OneMetric = (props: PartProps) => (
  <>
    <MetricField
      label="Metric"
      description={SELECTOR_HELP}
      value={props.form.metric}
      onChange={(value) => props.set("metric", value)}
      error={props.refusal?.field("metric")}
    />
    <Compared {...props} metric={props.form.metric} />
  </>
);

const Expression = ({ form, set, refusal }: PartProps) => {
  const wrong = refusal?.field("expr");
  return (
    <div className={classes["whole"]}>
      <p className={classes["fieldLabel"]} aria-hidden>
        Expression
      </p>
      <div className={classes["expressionBox"]}>
        <Editor
          label="Expression"
          value={form.expr}
          placeholder="sum by (service) (rate(http_errors_total[5m])) > 0.5"
          wrong={wrong === undefined ? null : { place: null, message: wrong }}
          autoFocus={false}
          onType={(text) => set("expr", text)}
          onRun={(text) => set("expr", text)}
        />
      </div>
      <p className={wrong === undefined ? "dim" : classes["wrong"]}>
        {wrong ?? "PromQL; every series that it gives is an alert, so compare it with something."}
      </p>
    </div>
  );
};

const ConditionRow = ({
  one,
  at,
  count,
  onChange,
  onRemove,
}: {
  one: TypedCondition;
  at: number;
  count: number;
  onChange: (next: TypedCondition) => void;
  onRemove: () => void;
}) => (
  <div className={classes["conditionRow"]}>
    <MetricField
      label={`Metric or expression ${at + 1}`}
      hidden
      value={one.what}
      onChange={(what) => onChange({ ...one, what })}
      error={undefined}
    />
    <NativeSelect
      aria-label={`Condition ${at + 1}`}
      data={CONDITIONS.map(({ value, label }) => ({ value, label }))}
      value={one.condition}
      onChange={(event) =>
        onChange({ ...one, condition: event.currentTarget.value as ConditionSymbol })
      }
    />
    <TextInput
      aria-label={`Threshold ${at + 1}`}
      placeholder="threshold"
      type="number"
      step="any"
      value={one.threshold}
      onChange={(event) => onChange({ ...one, threshold: event.currentTarget.value })}
    />
    <ActionIcon
      variant="subtle"
      color="gray"
      size={34}
      aria-label={`Remove condition ${at + 1}`}
      disabled={count === 1}
      onClick={onRemove}
    >
      <IconX size={16} />
    </ActionIcon>
  </div>
);

const Several = ({ form, set, refusal }: PartProps) => (
  <div className={classes["whole"]}>
    <NativeSelect
      label="Fires when"
      data={[
        { value: "all", label: "all of these hold" },
        { value: "any", label: "one of these holds" },
      ]}
      value={form.combine}
      onChange={(event) => set("combine", event.currentTarget.value as "all" | "any")}
      mb={8}
    />
    {form.conditions.map((one, at) => (
      <ConditionRow
        // oxlint-disable-next-line react/no-array-index-key -- a row is known by its place
        key={at}
        one={one}
        at={at}
        count={form.conditions.length}
        onChange={(next) =>
          set(
            "conditions",
            form.conditions.map((old, place) => (place === at ? next : old)),
          )
        }
        onRemove={() =>
          set(
            "conditions",
            form.conditions.filter((_, place) => place !== at),
          )
        }
      />
    ))}
    {refusal?.details
      .filter(({ path }) => /^(?:all|any|on)\b/.test(path))
      .map(({ path, message }) => (
        <p key={path} className={classes["wrong"]}>
          {path}: {message}
        </p>
      ))}
    <Button
      variant="subtle"
      color="gray"
      size="compact-sm"
      leftSection={<IconPlus size={14} />}
      disabled={form.conditions.length >= MAX_CONDITIONS}
      onClick={() =>
        set("conditions", [...form.conditions, { what: "", condition: ">", threshold: "" }])
      }
    >
      Another condition
    </Button>
    <TextInput
      mt={8}
      label="Series belong together by"
      description="Label names; service and instance when left empty"
      value={form.on}
      onChange={(event) => set("on", event.currentTarget.value)}
    />
  </div>
);

const Absent = ({ form, set, refusal }: PartProps) => (
  <>
    <MetricField
      label="Metric"
      description={SELECTOR_HELP}
      value={form.absentMetric}
      onChange={(value) => set("absentMetric", value)}
      error={refusal?.field("absent.metric")}
    />
    <TextInput
      label="Nothing seen for, seconds"
      type="number"
      min={0}
      value={form.absentFor}
      onChange={(event) => set("absentFor", event.currentTarget.value)}
      error={refusal?.field("absent.for")}
    />
  </>
);

const Change = (props: PartProps) => {
  const { form, set, refusal } = props;
  return (
    <>
      <MetricField
        label="Metric"
        description="A counter's restarts are taken into account"
        value={form.changeMetric}
        onChange={(value) => set("changeMetric", value)}
        error={refusal?.field("rate_of_change.metric")}
      />
      <TextInput
        label="Over the last, seconds"
        type="number"
        min={1}
        value={form.changeWindow}
        onChange={(event) => set("changeWindow", event.currentTarget.value)}
        error={refusal?.field("rate_of_change.window")}
      />
      <NativeSelect
        label="Change per"
        data={["second", "minute", "hour", "day"]}
        value={form.changePer}
        onChange={(event) => set("changePer", event.currentTarget.value as RuleForm["changePer"])}
      />
      <Compared {...props} metric="" />
    </>
  );
};

/** What a rule of each kind is about. */
export const MATTERS: Record<RuleKind, (props: PartProps) => React.ReactNode> = {
  metric: OneMetric,
  expr: Expression,
  several: Several,
  absent: Absent,
  change: Change,
};
