import type { FleetEdge, FleetNode } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import type { FleetSearch } from "../../app/fleet-search.ts";
import { formatCount, formatValue } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import { StateIcon } from "../../ui/state.tsx";
import table from "../../ui/table.module.css";
import { money } from "../runs/run-words.ts";
import { edgeTitle, KIND_WORDS, rateOf } from "./fleet-words.ts";
import classes from "./fleet.module.css";
import { KindIcon, stateMarkOf } from "./KindIcon.tsx";
import type { Shown } from "./shown.ts";

const Figures = ({ of }: { of: FleetNode | FleetEdge }) => (
  <>
    <td className={table["right"]}>
      <span className="num">{rateOf(of.calls_per_second)}</span>
    </td>
    <td className={table["right"]}>
      <span className={of.errors > 0 ? `num ${classes["bad"] ?? ""}` : "num"}>
        {formatValue(of.error_share, "ratio")}
      </span>
    </td>
    <td className={table["right"]}>
      <span className="num">{formatValue(of.p95_seconds ?? of.mean_seconds, "seconds")}</span>
    </td>
    <td className={[table["right"], classes["wideOnly"]].join(" ")}>
      <span className="num">{formatCount(of.input_tokens + of.output_tokens)}</span>
    </td>
    <td className={[table["right"], classes["wideOnly"]].join(" ")}>
      <span className="num">{money(of.cost_usd)}</span>
    </td>
  </>
);

const Heads = ({ first }: { first: string }) => (
  <thead>
    <tr>
      <th scope="col">{first}</th>
      <th scope="col" className={table["right"]}>
        Rate
      </th>
      <th scope="col" className={table["right"]}>
        Errors
      </th>
      <th scope="col" className={table["right"]}>
        p95
      </th>
      <th scope="col" className={[table["right"], classes["wideOnly"]].join(" ")}>
        Tokens
      </th>
      <th scope="col" className={[table["right"], classes["wideOnly"]].join(" ")}>
        Cost
      </th>
    </tr>
  </thead>
);

const Pick = ({ id, search, children }: { id: string; search: FleetSearch; children: string }) => (
  <Link
    to="/dashboard/fleet"
    search={{ ...search, pick: id }}
    resetScroll={false}
    className={[classes["pick"], table["cover"]].join(" ")}
    data-list-item
  >
    {children}
  </Link>
);

/** The fleet in words: all that the picture shows. */
export const ListView = ({ shown, search }: { shown: Shown; search: FleetSearch }) => (
  <div className={classes["lists"]}>
    <Panel title="Who there is" aside={formatCount(shown.nodes.length)} flush>
      <table className={[table["table"], classes["table"]].join(" ")} aria-label="Who there is">
        <Heads first="Name" />
        <tbody>
          {shown.nodes.map((node) => (
            <tr key={node.id} className={table["row"]}>
              <td>
                <span className={classes["who"]}>
                  <StateIcon state={stateMarkOf(node.state)} />
                  <KindIcon kind={node.kind} />
                  <Pick id={node.id} search={search}>
                    {node.name}
                  </Pick>
                  <span className={classes["kind"]}>{KIND_WORDS[node.kind]}</span>
                </span>
              </td>
              <Figures of={node} />
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
    <Panel title="Who reaches whom" aside={formatCount(shown.edges.length)} flush>
      <table className={[table["table"], classes["table"]].join(" ")} aria-label="Who reaches whom">
        <Heads first="Between" />
        <tbody>
          {shown.edges.map((edge) => (
            <tr key={edge.id} className={table["row"]}>
              <td>
                <Pick id={edge.id} search={search}>
                  {edgeTitle(edge)}
                </Pick>
              </td>
              <Figures of={edge} />
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  </div>
);
