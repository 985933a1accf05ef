import type { EscalationPolicy, EscalationStep } from "@fleetlight/contract";
import { ActionIcon, Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ApiError } from "../../api/client.ts";
import { peopleQuery, schedulesQuery, teamsQuery } from "../../api/on-call.ts";
import { routesQuery } from "../../api/routing.ts";
import { parseAlertFilter } from "../../format/alert-filter.ts";
import { slug } from "../../format/slug.ts";
import { draftText, fromMatcher, toMatcher } from "../silences/silence-draft.ts";
import { fieldOf, STEP_KINDS, stepOf, stepText, withField } from "./on-call-words.ts";
import classes from "./on-call.module.css";
import { FormDialog } from "./PeopleDialogs.tsx";
import { useThing } from "./use-thing.ts";

type Choices = Record<string, { value: string; label: string }[]>;

const useChoices = (): Choices => {
  const people = useQuery(peopleQuery()).data?.people ?? [];
  const teams = useQuery(teamsQuery()).data?.teams ?? [];
  const schedules = useQuery(schedulesQuery()).data?.schedules ?? [];
  const receivers = useQuery(routesQuery()).data?.receivers ?? [];
  const named = (all: readonly { id: string; name: string }[]) => [
    { value: "", label: "choose…" },
    ...all.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return {
    person: named(people),
    team: named(teams),
    schedule: named(schedules),
    receiver: [
      { value: "", label: "those of its routes" },
      ...receivers.map((name) => ({ value: name, label: name })),
    ],
  };
};

const StepField = ({
  step,
  at,
  choices,
  onChange,
}: {
  step: EscalationStep;
  at: number;
  choices: Choices;
  onChange: (step: EscalationStep) => void;
}) => {
  const field = fieldOf(step);
  if (field === null) return <span className="dim">{stepText(step)}</span>;
  const { name, value } = field;
  const label = `What of step ${at + 1}`;
  const offered = choices[name];
  return offered === undefined ? (
    <TextInput
      aria-label={label}
      placeholder={name === "duration" ? "as 5m" : name}
      value={value}
      onChange={(event) => onChange(withField(step, name, event.currentTarget.value))}
    />
  ) : (
    <NativeSelect
      aria-label={label}
      data={offered}
      value={value}
      onChange={(event) => onChange(withField(step, name, event.currentTarget.value))}
    />
  );
};

const moved = (steps: readonly EscalationStep[], at: number, by: number): EscalationStep[] => {
  const next = [...steps];
  const [step] = next.splice(at, 1);
  if (step !== undefined) next.splice(at + by, 0, step);
  return next;
};

interface StepRowProps {
  steps: readonly EscalationStep[];
  at: number;
  choices: Choices;
  onChange: (steps: EscalationStep[]) => void;
}

const StepRow = ({ steps, at, choices, onChange }: StepRowProps) => {
  const step = steps[at];
  if (step === undefined) return null;
  const put = (next: EscalationStep) =>
    onChange(steps.map((old, place) => (place === at ? next : old)));
  const kinds =
    step.type === "only_if_time"
      ? [...STEP_KINDS, { value: step.type, label: "only at some hours" }]
      : STEP_KINDS;
  return (
    <div className={classes["stepRow"]}>
      <span className="dim num">{at + 1}</span>
      <NativeSelect
        aria-label={`Step ${at + 1}`}
        data={kinds}
        value={step.type}
        onChange={(event) => put(stepOf(event.currentTarget.value as EscalationStep["type"]))}
      />
      <StepField step={step} at={at} choices={choices} onChange={put} />
      <ActionIcon.Group>
        <ActionIcon
          variant="default"
          size={34}
          aria-label={`Step ${at + 1} earlier`}
          disabled={at === 0}
          onClick={() => onChange(moved(steps, at, -1))}
        >
          <IconArrowUp size={15} />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size={34}
          aria-label={`Step ${at + 1} later`}
          disabled={at === steps.length - 1}
          onClick={() => onChange(moved(steps, at, 1))}
        >
          <IconArrowDown size={15} />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size={34}
          aria-label={`Remove step ${at + 1}`}
          disabled={steps.length === 1}
          onClick={() => onChange(steps.filter((_, place) => place !== at))}
        >
          <IconX size={15} />
        </ActionIcon>
      </ActionIcon.Group>
    </div>
  );
};

const Steps = ({
  steps,
  error,
  onChange,
}: {
  steps: EscalationStep[];
  error: Error | null;
  onChange: (steps: EscalationStep[]) => void;
}) => {
  const choices = useChoices();
  const details = error instanceof ApiError ? error.details : [];
  return (
    <div>
      <p className={classes["subtitle"]}>What is done, until somebody acknowledges</p>
      {steps.map((_, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- a step is known by its place
        <StepRow key={at} steps={steps} at={at} choices={choices} onChange={onChange} />
      ))}
      {details
        .filter(({ path }) => path.startsWith("steps"))
        .map(({ path, message }) => (
          <p key={path} className={classes["gapText"]}>
            {path}: {message}
          </p>
        ))}
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconPlus size={14} />}
        onClick={() => onChange([...steps, stepOf("wait")])}
      >
        Another step
      </Button>
    </div>
  );
};

const formOf = (policy: EscalationPolicy | null) => ({
  name: policy?.name ?? "",
  match: draftText((policy?.matchers ?? []).map(toMatcher)),
  position: String(policy?.position ?? 100),
  enabled: policy?.enabled ?? true,
  steps: policy?.steps ?? [stepOf("notify_channel"), stepOf("wait"), stepOf("repeat")],
});

type PolicyForm = ReturnType<typeof formOf>;

/** What is wrong with the matchers as they are typed. */
const matchProblem = (text: string): string | undefined => {
  const { words, problem } = parseAlertFilter(text);
  return problem ?? (words.length > 0 ? 'Matchers are written severity="critical"' : undefined);
};

const bodyOf = (form: PolicyForm, policy: EscalationPolicy | null) => ({
  id: policy?.id ?? slug(form.name),
  name: form.name.trim(),
  matchers: parseAlertFilter(form.match).matchers.map(fromMatcher),
  position: Number(form.position),
  enabled: form.enabled,
  steps: form.steps,
});

export const PolicyDialog = ({
  policy,
  onClose,
}: {
  policy: EscalationPolicy | null;
  onClose: () => void;
}) => {
  const [form, setForm] = useState<PolicyForm>(() => formOf(policy));
  const thing = useThing("policies", policy?.id ?? null, onClose);
  const set = (change: Partial<PolicyForm>) => setForm((old) => ({ ...old, ...change }));
  return (
    <FormDialog
      title={policy === null ? "Add an escalation policy" : `Change ${policy.name}`}
      thing={thing}
      existing={policy !== null}
      onClose={onClose}
      onSubmit={() => thing.save.mutate(bodyOf(form, policy))}
      width={720}
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        value={form.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={thing.field("name", "id")}
      />
      <TextInput
        label="For alerts with"
        description='As severity="critical" team=core; without any, only for the label escalation_policy'
        value={form.match}
        onChange={(event) => set({ match: event.currentTarget.value })}
        error={matchProblem(form.match) ?? thing.field("matchers")}
      />
      <Steps steps={form.steps} error={thing.error} onChange={(steps) => set({ steps })} />
      <div className={classes["two"]}>
        <TextInput
          label="Place among policies"
          description="Of several that match, the smallest is taken"
          type="number"
          value={form.position}
          onChange={(event) => set({ position: event.currentTarget.value })}
          error={thing.field("position")}
        />
        <Switch
          mt={30}
          label="Enabled"
          checked={form.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
      </div>
    </FormDialog>
  );
};
