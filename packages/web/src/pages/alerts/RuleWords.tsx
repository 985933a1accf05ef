import { ActionIcon, Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";

import { slug } from "../../format/slug.ts";
import { SEVERITIES } from "../../ui/state.tsx";
import classes from "./alerts.module.css";
import { WEEKDAYS } from "./rule-form.ts";
import type { Pair, Policy, RuleForm } from "./rule-form.ts";
import type { PartProps } from "./RuleMatter.tsx";

export const TimingFields = ({ form, set, refusal }: PartProps) => (
  <>
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
      label="Fires on for, seconds"
      description="After it has ceased, so that it does not flap"
      inputWrapperOrder={["label", "input", "description", "error"]}
      type="number"
      min={0}
      step="any"
      value={form.keepFiring}
      onChange={(event) => set("keepFiring", event.currentTarget.value)}
      error={refusal?.field("keep_firing_for")}
    />
  </>
);

export const NamingFields = ({
  form,
  set,
  refusal,
  existing,
}: PartProps & { existing: boolean }) => (
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
    <TextInput
      label="Owner"
      placeholder="team-core"
      value={form.owner}
      onChange={(event) => set("owner", event.currentTarget.value)}
      error={refusal?.field("owner")}
    />
    <TextInput
      label="Runbook"
      placeholder="https://runbooks.example.org/slow"
      value={form.runbook}
      onChange={(event) => set("runbook", event.currentTarget.value)}
      error={refusal?.field("runbook_url")}
    />
  </>
);

interface PairsProps {
  title: string;
  one: string;
  pairs: Pair[];
  placeholder: string;
  onChange: (pairs: Pair[]) => void;
}

const Pairs = ({ title, one, pairs, placeholder, onChange }: PairsProps) => (
  <fieldset className={classes["pairs"]}>
    <legend className={classes["fieldLabel"]}>{title}</legend>
    {pairs.map((pair, at) => (
      // oxlint-disable-next-line react/no-array-index-key -- a row is known by its place
      <div key={at} className={classes["pair"]}>
        <TextInput
          aria-label={`Name of ${one} ${at + 1}`}
          placeholder="name"
          value={pair.name}
          onChange={(event) =>
            onChange(
              pairs.map((old, place) =>
                place === at ? { ...old, name: event.target.value } : old,
              ),
            )
          }
          classNames={{ input: classes["code"] ?? "" }}
        />
        <TextInput
          aria-label={`Text of ${one} ${at + 1}`}
          placeholder={placeholder}
          value={pair.text}
          onChange={(event) =>
            onChange(
              pairs.map((old, place) =>
                place === at ? { ...old, text: event.target.value } : old,
              ),
            )
          }
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          size={34}
          aria-label={`Remove ${one} ${at + 1}`}
          onClick={() => onChange(pairs.filter((_, place) => place !== at))}
        >
          <IconX size={16} />
        </ActionIcon>
      </div>
    ))}
    <Button
      variant="subtle"
      color="gray"
      size="compact-sm"
      leftSection={<IconPlus size={14} />}
      className={classes["addPair"] ?? ""}
      onClick={() => onChange([...pairs, { name: "", text: "" }])}
    >
      Another {one}
    </Button>
  </fieldset>
);

const TEMPLATES: [string, string][] = [
  ["{{ $labels.service }}", "a label of the series"],
  ["{{ $value | humanize }}", "its value: 1.2k"],
  ["{{ $value | humanizePercentage }}", "its value as a share: 5 %"],
  ["{{ $value | humanizeDuration }}", "its value as a time: 1m 20s"],
  ['{{ printf "%.1f" $value }}', "its value with one decimal"],
  ['{{ query "up" | first | value }}', "the value of another query"],
];

/** Labels, annotations, and what may stand in them. */
export const TextFields = ({ form, set, refusal }: PartProps) => (
  <div className={classes["whole"]}>
    <Pairs
      title="Labels"
      one="label"
      pairs={form.labels}
      placeholder="value; routes look at it"
      onChange={(next) => set("labels", next)}
    />
    <Pairs
      title="Annotations"
      one="annotation"
      pairs={form.annotations}
      placeholder="{{ $labels.service }} answers in {{ $value | humanizeDuration }}"
      onChange={(next) => set("annotations", next)}
    />
    {refusal?.details
      .filter(({ path }) => /^(?:labels|annotations)\b/.test(path))
      .map(({ path, message }) => (
        <p key={path} className={classes["wrong"]}>
          {path}: {message}
        </p>
      ))}
    <details className={classes["help"]}>
      <summary>What may stand in texts</summary>
      <dl>
        {TEMPLATES.map(([text, meaning]) => (
          <div key={text}>
            <dt>
              <code>{text}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  </div>
);

const POLICIES = [
  { value: "ok", label: "alerts end" },
  { value: "keep", label: "alerts stay as they are" },
  { value: "alert", label: "alerts stay, and it is an alert itself" },
];

const Hours = ({ form, set, refusal }: PartProps) => (
  <div className={classes["whole"]}>
    <div className={classes["days"]} role="group" aria-label="Days on which it holds">
      {WEEKDAYS.map(([day, word]) => (
        <Button
          key={day}
          size="compact-md"
          variant={form.weekdays.includes(day) ? "filled" : "default"}
          aria-pressed={form.weekdays.includes(day)}
          onClick={() =>
            set(
              "weekdays",
              form.weekdays.includes(day)
                ? form.weekdays.filter((one) => one !== day)
                : [...form.weekdays, day],
            )
          }
        >
          {word}
        </Button>
      ))}
    </div>
    <div className={classes["hours"]}>
      <TextInput
        type="time"
        label="From"
        value={form.start}
        onChange={(event) => set("start", event.currentTarget.value)}
      />
      <TextInput
        type="time"
        label="To"
        value={form.end}
        onChange={(event) => set("end", event.currentTarget.value)}
      />
      <TextInput
        label="Time zone"
        value={form.zone}
        onChange={(event) => set("zone", event.currentTarget.value)}
        error={refusal?.field("active_time.zone")}
      />
    </div>
  </div>
);

/** When the rule holds, and what happens without data. */
export const PolicyFields = ({ form, set, refusal }: PartProps) => (
  <>
    <NativeSelect
      label="Without data"
      data={POLICIES}
      value={form.noData}
      onChange={(event) => set("noData", event.currentTarget.value as Policy)}
    />
    <NativeSelect
      label="When it cannot be evaluated"
      data={POLICIES}
      value={form.onError}
      onChange={(event) => set("onError", event.currentTarget.value as Policy)}
    />
    <TextInput
      label="Cooldown, minutes"
      description="Not told again about a series for so long"
      inputWrapperOrder={["label", "input", "description", "error"]}
      type="number"
      min={0}
      step="any"
      placeholder="as configured"
      value={form.cooldown}
      onChange={(event) => set("cooldown", event.currentTarget.value)}
      error={refusal?.field("cooldown_minutes")}
    />
    <Switch
      className={classes["enabled"] ?? ""}
      label="Only at some hours"
      checked={form.timed}
      onChange={(event) => set("timed", event.currentTarget.checked)}
    />
    {form.timed && <Hours form={form} set={set} refusal={refusal} />}
  </>
);
