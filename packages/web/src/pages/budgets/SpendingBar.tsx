import type { Budget, Spending } from "@fleetlight/contract";

import { formatValue, plural } from "../../format/units.ts";
import { amount, STATE_WORDS } from "./budget-words.ts";
import classes from "./budgets.module.css";

/** What is spent against the limit: bar, number and word. */
export const SpendingBar = ({ budget, spending }: { budget: Budget; spending: Spending }) => {
  const { word, token } = STATE_WORDS[spending.state];
  const name = spending.subject === "" ? "The fleet" : spending.subject;
  return (
    <li className={classes["spending"]}>
      <div className={classes["spendingWords"]}>
        <span className={classes["subject"]}>{name}</span>
        <span className="num">
          {amount(spending.spent, budget.unit)}{" "}
          <span className="dim">of {amount(budget.limit, budget.unit)}</span>{" "}
          <span style={{ color: `var(${token})` }}>
            {formatValue(spending.share, "ratio")} {word}
          </span>
        </span>
      </div>
      <div className={classes["track"]} aria-hidden>
        <span
          className={classes["fill"]}
          style={{ width: `${Math.min(100, spending.share * 100)}%`, background: `var(${token})` }}
        />
        <span
          className={classes["mark"]}
          style={{ insetInlineStart: `${budget.warn_at * 100}%` }}
        />
      </div>
      {budget.unit === "usd" && spending.unpriced_calls > 0 && (
        <p className={classes["unpriced"]}>
          Without {plural(spending.unpriced_calls, "call")} of models whose price is not known.
        </p>
      )}
    </li>
  );
};
