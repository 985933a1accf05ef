import type { Budget } from "@fleetlight/contract";
import { Button, NativeSelect, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { useAuthor } from "../../api/acknowledge.ts";
import { budgetsKey, saveBudget } from "../../api/coordination.ts";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { tell } from "../../ui/toast.tsx";
import {
  budgetFormOf,
  emptyBudget,
  PERIODS,
  PERS,
  problemsOf,
  toBudgetInput,
  type BudgetForm,
} from "./budget-form.ts";
import classes from "./budgets.module.css";

interface FieldsProps {
  form: BudgetForm;
  set: (change: Partial<BudgetForm>) => void;
  problems: ReturnType<typeof problemsOf>;
}

const Amount = ({ form, set, problems }: FieldsProps) => (
  <>
    <div className={classes["pair"]}>
      <div>
        <p className={classes["legend"]} id="budget-unit">
          Counted in
        </p>
        <SegmentedControl
          fullWidth
          aria-labelledby="budget-unit"
          data={[
            { value: "usd", label: "US dollars" },
            { value: "tokens", label: "Tokens" },
          ]}
          value={form.unit}
          onChange={(unit) => set({ unit: unit as BudgetForm["unit"] })}
        />
      </div>
      <TextInput
        label="Limit"
        inputMode="decimal"
        leftSection={form.unit === "usd" ? "$" : undefined}
        value={form.limit}
        error={problems.limit}
        onChange={(event) => set({ limit: event.currentTarget.value })}
      />
    </div>
    <div className={classes["pair"]}>
      <NativeSelect
        label="For each"
        data={PERIODS}
        value={form.period}
        onChange={(event) => set({ period: event.currentTarget.value as BudgetForm["period"] })}
      />
      <TextInput
        label="Alert at"
        inputMode="numeric"
        rightSection="%"
        value={form.warnPercent}
        error={problems.warnPercent}
        onChange={(event) => set({ warnPercent: event.currentTarget.value })}
      />
    </div>
  </>
);

const Fields = ({ form, set, problems }: FieldsProps) => (
  <>
    <TextInput
      label="Name"
      data-autofocus
      value={form.name}
      error={problems.name}
      onChange={(event) => set({ name: event.currentTarget.value })}
    />
    <div className={classes["pair"]}>
      <NativeSelect
        label="Who has it"
        data={PERS}
        value={form.per}
        onChange={(event) => set({ per: event.currentTarget.value as BudgetForm["per"] })}
      />
      <TextInput
        label="Only this one"
        placeholder={form.per === "fleet" ? "" : "each for itself"}
        disabled={form.per === "fleet"}
        value={form.per === "fleet" ? "" : form.only}
        onChange={(event) => set({ only: event.currentTarget.value })}
      />
    </div>
    <Amount form={form} set={set} problems={problems} />
    <Switch
      label="Stop agents at the limit"
      description="They stop where they ask at a checkpoint, as the SDK does. Else it is only told."
      checked={form.stops}
      onChange={(event) => set({ stops: event.currentTarget.checked })}
    />
    <Switch
      label="In force"
      checked={form.enabled}
      onChange={(event) => set({ enabled: event.currentTarget.checked })}
    />
    <div className={classes["pair"]}>
      <TextInput
        label="Your name"
        value={form.by}
        onChange={(event) => set({ by: event.currentTarget.value })}
      />
      <TextInput
        label="Reason"
        value={form.reason}
        onChange={(event) => set({ reason: event.currentTarget.value })}
      />
    </div>
  </>
);

/** A new budget, or one to change. */
export const BudgetDialog = ({
  budget,
  onClose,
}: {
  budget: Budget | null;
  onClose: () => void;
}) => {
  const cache = useQueryClient();
  const [author, setAuthor] = useAuthor();
  const [form, setForm] = useState(() =>
    budget === null ? emptyBudget(author) : budgetFormOf(budget, author),
  );
  const [tried, setTried] = useState(false);
  const problems = problemsOf(form);
  const save = useMutation({
    mutationFn: () => saveBudget(budget?.id ?? null, toBudgetInput(form)),
    onSuccess: async () => {
      setAuthor(form.by.trim());
      tell(budget === null ? `${form.name} is in force.` : `${form.name} was changed.`);
      await cache.invalidateQueries({ queryKey: budgetsKey });
      onClose();
    },
  });
  return (
    <Dialog
      title={budget === null ? "New budget" : `Change ${budget.name}`}
      width={560}
      onClose={onClose}
    >
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (Object.keys(problems).length === 0) save.mutate();
        }}
      >
        <Fields
          form={form}
          set={(change) => setForm((old) => ({ ...old, ...change }))}
          problems={tried ? problems : {}}
        />
        {save.error !== null && <Failure what="The budget was not saved" error={save.error} />}
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            {budget === null ? "Make it" : "Save the changes"}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};
