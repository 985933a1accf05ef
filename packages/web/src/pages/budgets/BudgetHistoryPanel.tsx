import type { Budget } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { budgetHistoryQuery } from "../../api/coordination.ts";
import { formatDateTime } from "../../format/time.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { PanelOrPage } from "../../ui/panel-or-page.tsx";
import { TimelineList } from "../../ui/timeline.tsx";
import { amount, eventColour, eventWords, ruleOf } from "./budget-words.ts";
import classes from "./budgets.module.css";
import { SpendingBar } from "./SpendingBar.tsx";

/** Periods of all subjects that are listed. */
const SHOWN = 60;

const Frame = ({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string;
  children: ReactNode;
}) => (
  <PanelOrPage
    title={title}
    lead={lead}
    list={{ to: "/dashboard/coordination/budgets", name: "Budgets", search: {} }}
    closeLabel="Close the budget"
  >
    {children}
  </PanelOrPage>
);

const Matter = ({ budget }: { budget: Budget }) => {
  const { data, error } = useQuery(budgetHistoryQuery(budget.id));
  if (data === undefined)
    return error === null ? (
      <SkeletonRows rows={6} />
    ) : (
      <Failure what="The history could not be loaded" error={error} />
    );
  return (
    <>
      {budget.spending.length > 0 && (
        <Panel title="Now">
          <ul className={classes["bars"]}>
            {budget.spending.slice(0, 20).map((one) => (
              <SpendingBar key={one.subject} budget={budget} spending={one} />
            ))}
          </ul>
        </Panel>
      )}
      <Panel title="What was spent">
        {data.periods.length === 0 && <p className="dim">Nothing yet.</p>}
        <ul>
          {data.periods.slice(0, SHOWN).map((one) => (
            <li key={`${one.period_start} ${one.subject}`} className={classes["period"]}>
              <span>
                {one.period_start === null
                  ? "in all"
                  : formatDateTime(Date.parse(one.period_start)).slice(0, 16)}
                {one.subject !== "" && <span className="dim"> {one.subject}</span>}
              </span>
              <span className="num">
                {amount(one.spent, budget.unit)}{" "}
                <span className="dim">
                  {formatValue(one.share, "ratio")}, {plural(one.calls, "call")}
                </span>
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Who and what">
        {data.events.length === 0 ? (
          <p className="dim">Nobody changed it, and no line was crossed.</p>
        ) : (
          <TimelineList
            moments={data.events.slice(0, 200).map((event) => ({
              key: event.id,
              at: event.at,
              token: eventColour(event.type),
              text: eventWords(event),
            }))}
          />
        )}
      </Panel>
    </>
  );
};

/** One budget beside the list: who spent what in which period, and who changed it. */
export const BudgetHistoryPanel = ({ budget }: { budget: Budget | undefined }) =>
  budget === undefined ? (
    <Frame title="Budget">
      <SkeletonRows rows={6} />
    </Frame>
  ) : (
    <Frame title={budget.name} lead={ruleOf(budget)}>
      <Matter budget={budget} />
    </Frame>
  );
