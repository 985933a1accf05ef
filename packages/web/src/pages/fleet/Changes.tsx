import type { FleetChange, FleetDiff } from "@fleetlight/contract";
import {
  IconArrowDownRight,
  IconArrowUpRight,
  IconCircleMinus,
  IconCirclePlus,
  type IconProps,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ComponentType } from "react";

import type { FleetSearch } from "../../app/fleet-search.ts";
import { formatCount } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import { CHANGE_WORDS, changeFigures, EDGE_WORDS, KIND_WORDS, nameOf } from "./fleet-words.ts";
import classes from "./fleet.module.css";

const LOOKS: Readonly<
  Record<FleetChange["change"], { icon: ComponentType<IconProps>; token: string }>
> = {
  appeared: { icon: IconCirclePlus, token: "--fl-info" },
  vanished: { icon: IconCircleMinus, token: "--fl-unknown" },
  slower: { icon: IconArrowUpRight, token: "--fl-degraded" },
  faster: { icon: IconArrowDownRight, token: "--fl-healthy" },
  failing: { icon: IconArrowUpRight, token: "--fl-unhealthy" },
  recovered: { icon: IconArrowDownRight, token: "--fl-healthy" },
};

/** Changes that are listed; the first ones weigh most. */
const MAX_LISTED = 50;

function titleOf({ id, what }: FleetChange): string {
  if (what === "node") {
    const kind = id.slice(0, id.indexOf(":")) as keyof typeof KIND_WORDS;
    return `${KIND_WORDS[kind]} ${nameOf(id)}`;
  }
  const [kind = "call", source = "", ...target] = id.split("|");
  return `${nameOf(source)} ${EDGE_WORDS[kind as keyof typeof EDGE_WORDS]} ${nameOf(target.join("|"))}`;
}

/** What differs from the range before. */
export const Changes = ({ diff, search }: { diff: FleetDiff; search: FleetSearch }) => (
  <Panel title="Against the time before" aside={formatCount(diff.changes.length)}>
    {diff.changes.length === 0 && <p className="dim">Nothing that is worth a word.</p>}
    <ul className={classes["changes"]}>
      {diff.changes.slice(0, MAX_LISTED).map((change) => {
        const { icon: Icon, token } = LOOKS[change.change];
        return (
          <li key={`${change.id} ${change.change}`}>
            <span className={classes["change"]} style={{ color: `var(${token})` }}>
              <Icon size={15} aria-hidden />
              {CHANGE_WORDS[change.change]}
            </span>
            <Link to="/dashboard/fleet" search={{ ...search, pick: change.id }} resetScroll={false}>
              {titleOf(change)}
            </Link>
            <span className="dim num">{changeFigures(change)}</span>
          </li>
        );
      })}
    </ul>
  </Panel>
);
