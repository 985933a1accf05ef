import type { Trace } from "@fleetlight/contract";

import { formatCount } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { costWords, HAND_WORDS } from "./run-words.ts";
import classes from "./run.module.css";

/** Tokens and cost of each agent with each model. */
export const Usage = ({ run }: { run: Trace }) => (
  <Panel title="What was used" flush>
    <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="Tokens and cost">
      <table className={table["table"]}>
        <thead>
          <tr>
            <th>Agent</th>
            <th>Model</th>
            <th className={table["right"]}>Calls</th>
            <th className={table["right"]}>Tokens in</th>
            <th className={table["right"]}>out</th>
            <th className={table["right"]}>Cost</th>
          </tr>
        </thead>
        <tbody>
          {run.usage.map((one) => (
            <tr key={`${one.agent}/${one.model}`}>
              <td>{one.agent || <span className="dim">no agent</span>}</td>
              <td className="mono">{one.model || <span className="dim">unknown</span>}</td>
              <td className={`${table["right"]} num`}>{formatCount(one.calls)}</td>
              <td className={`${table["right"]} num`}>{formatCount(one.input_tokens)}</td>
              <td className={`${table["right"]} num`}>{formatCount(one.output_tokens)}</td>
              <td className={`${table["right"]} num`}>{costWords(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </Panel>
);

/** Which agent had to do with which. */
export const Hands = ({ run }: { run: Trace }) => (
  <Panel title="Who asked whom">
    <ul className={classes["hands"]}>
      {run.edges.map(({ from, to, kind }) => (
        <li key={`${from}/${to}/${kind}`}>
          <span>{from}</span>
          <span className="dim">{HAND_WORDS[kind]}</span>
          <span>{to}</span>
        </li>
      ))}
    </ul>
  </Panel>
);
