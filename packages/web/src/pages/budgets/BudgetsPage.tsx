import type { Budget } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCoin, IconHandStop, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";

import { budgetsKey, budgetsQuery, removeBudget, saveBudget } from "../../api/coordination.ts";
import { formatDuration } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { tell, tellFailure } from "../../ui/toast.tsx";
import { CoordinationTabs } from "../coordination/CoordinationTabs.tsx";
import { budgetFormOf, toBudgetInput } from "./budget-form.ts";
import { ruleOf } from "./budget-words.ts";
import { BudgetDialog } from "./BudgetDialog.tsx";
import { BudgetHistoryPanel } from "./BudgetHistoryPanel.tsx";
import classes from "./budgets.module.css";
import { SpendingBar } from "./SpendingBar.tsx";
import { StopDialog } from "./StopDialog.tsx";
import { Stops } from "./Stops.tsx";

const route = getRouteApi("/dashboard/coordination/budgets");

/** Subjects that a budget shows in the list; its page has more. */
const SHOWN = 5;

const ASK = `curl "${window.location.origin}/api/v1/checkpoint?agent=writer"
# {"continue":false,"reasons":[{"kind":"budget",…}],"budgets":[…]}`;

const noteOf = (budget: Budget, now: number): string =>
  [
    !budget.enabled && "switched off",
    budget.at_limit === "alert" && "only told at the limit",
    budget.origin === "config" && "of the configuration",
    budget.counted_since === null && "counting what was spent before",
    budget.resets_at !== null &&
      `begins anew in ${formatDuration(Date.parse(budget.resets_at) - now)}`,
  ]
    .filter(Boolean)
    .join(" · ");

const useRemove = () => {
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: budgetsKey });
  return useMutation({
    mutationFn: (budget: Budget) => removeBudget(budget.id),
    onSuccess: async (_, budget) => {
      tell(`${budget.name} was removed.`, () => {
        saveBudget(null, { ...toBudgetInput(budgetFormOf(budget, "")), id: budget.id }).then(
          refresh,
          (error: Error) => tellFailure("The budget was not made again", error),
        );
      });
      await refresh();
    },
  });
};

interface CardProps {
  budget: Budget;
  onEdit: () => void;
  onRemove: () => void;
}

const Card = ({ budget, onEdit, onRemove }: CardProps) => {
  const now = useNow(10_000);
  const isOurs = budget.origin === "api";
  return (
    <li className={classes["card"]} data-off={!budget.enabled || undefined}>
      <div className={classes["head"]}>
        <div className={classes["what"]}>
          <Link
            to="/dashboard/coordination/budgets"
            search={{ budget: budget.id }}
            resetScroll={false}
            className={classes["name"]}
          >
            {budget.name}
          </Link>
          <p className="dim">{ruleOf(budget)}</p>
          <p className={classes["note"]}>{noteOf(budget, now)}</p>
        </div>
        <div className={classes["actions"]}>
          <Button
            size="compact-sm"
            variant="default"
            disabled={!isOurs}
            title={isOurs ? undefined : "It is changed in the configuration"}
            aria-label={`Change ${budget.name}`}
            onClick={onEdit}
          >
            Change
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            disabled={!isOurs}
            title={isOurs ? undefined : "It is changed in the configuration"}
            aria-label={`Remove ${budget.name}`}
            onClick={onRemove}
          >
            Remove
          </Button>
        </div>
      </div>
      {budget.spending.length === 0 ? (
        <p className="dim">Nothing was spent in this period.</p>
      ) : (
        <ul className={classes["bars"]} aria-label={`Spent of ${budget.name}`}>
          {budget.spending.slice(0, SHOWN).map((one) => (
            <SpendingBar key={one.subject} budget={budget} spending={one} />
          ))}
        </ul>
      )}
      {budget.subjects > SHOWN && (
        <p className={classes["note"]}>and {budget.subjects - SHOWN} more</p>
      )}
    </li>
  );
};

const Nothing = () => (
  <Empty icon={<IconCoin size={30} stroke={1.5} />} title="There is no budget yet">
    <p>
      A budget limits the tokens or the cost of the fleet, or of each agent, conversation, user or
      workflow, for an hour, a day, a week, a month or in all. At a share of it an alert is raised;
      at the limit agents that ask are told to stop. The SDK asks with <code>checkpoint()</code>,
      everybody else with
    </p>
    <Snippet label="a checkpoint" text={ASK} />
  </Empty>
);

const leadOf = (budgets: readonly Budget[]): string => {
  const spent = budgets.filter(({ spending }) => spending.some(({ state }) => state === "spent"));
  if (budgets.length === 0) return "What may the agents spend, and who must stop?";
  return spent.length === 0
    ? `${plural(budgets.length, "budget")}, none of them spent.`
    : `${plural(budgets.length, "budget")}, ${spent.length} spent.`;
};

const List = ({ onEdit }: { onEdit: (budget: Budget) => void }) => {
  const { data, error } = useQuery(budgetsQuery());
  const remove = useRemove();
  if (data === undefined)
    return error === null ? (
      <SkeletonRows rows={4} height={72} />
    ) : (
      <Failure what="The budgets could not be loaded" error={error} />
    );
  if (data.count === 0)
    return (
      <div className={classes["sheet"]}>
        <Nothing />
      </div>
    );
  return (
    <>
      {remove.error !== null && <Failure what="It was not removed" error={remove.error} />}
      <ul className={classes["cards"]} aria-label="Budgets">
        {data.budgets.map((budget) => (
          <Card
            key={budget.id}
            budget={budget}
            onEdit={() => onEdit(budget)}
            onRemove={() => remove.mutate(budget)}
          />
        ))}
      </ul>
    </>
  );
};

/** What agents may spend, what they have spent, and what is stopped. */
export const BudgetsPage = () => {
  const { budget: chosen } = route.useSearch();
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  const budgets = useQuery(budgetsQuery()).data?.budgets;
  const [editing, setEditing] = useState<Budget | "new">();
  const [stopping, setStopping] = useState(false);
  const beside =
    chosen === undefined ? undefined : (
      <BudgetHistoryPanel budget={budgets?.find(({ id }) => id === chosen)} />
    );
  if (beside !== undefined && !wide) return beside;
  return (
    <Page
      title="Budgets and stops"
      lead={leadOf(budgets ?? [])}
      beside={beside}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconHandStop size={16} />}
            onClick={() => setStopping(true)}
          >
            Stop something
          </Button>
          <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing("new")}>
            New budget
          </Button>
        </>
      }
    >
      <CoordinationTabs />
      <Stops />
      <List onEdit={setEditing} />
      {editing !== undefined && (
        <BudgetDialog
          budget={editing === "new" ? null : editing}
          onClose={() => setEditing(undefined)}
        />
      )}
      {stopping && <StopDialog onClose={() => setStopping(false)} />}
    </Page>
  );
};
