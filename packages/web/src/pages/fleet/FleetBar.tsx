import type { FleetReplay } from "@fleetlight/contract";
import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconArrowsDiff, IconSearch } from "@tabler/icons-react";

import { FLEET_HOURS, NODE_KINDS, type FleetSearch } from "../../app/fleet-search.ts";
import { Facet } from "../../ui/facet.tsx";
import { KIND_WORDS } from "./fleet-words.ts";
import classes from "./fleet.module.css";
import { KindIcon } from "./KindIcon.tsx";

/** Replaces or, with undefined, removes some of the address. */
export type Change = (next: { [K in keyof FleetSearch]?: FleetSearch[K] | undefined }) => void;

interface BarProps {
  search: FleetSearch;
  replay: FleetReplay | undefined;
  change: Change;
}

/** What is shown of the fleet: compared with before, and how far back. */
const Ways = ({ search, change }: Omit<BarProps, "replay">) => (
  <>
    <Facet
      on={search.diff === true}
      icon={<IconArrowsDiff size={14} />}
      onToggle={() => change({ diff: search.diff === true ? undefined : true })}
    >
      Compare
    </Facet>
    <SegmentedControl
      size="xs"
      aria-label="How far back"
      data={FLEET_HOURS.map((hours) => ({
        value: String(hours),
        label: hours < 24 ? `${hours} h` : `${hours / 24} d`,
      }))}
      value={String(search.hours ?? 1)}
      onChange={(value) =>
        change({ hours: value === "1" ? undefined : Number(value), at: undefined })
      }
    />
  </>
);

/** Filters of the fleet. */
export const FleetBar = ({ search, replay, change }: BarProps) => {
  const without = new Set(search.without?.split(",") ?? []);
  const services = [
    ...new Set([
      ...(search.service === undefined ? [] : [search.service]),
      ...(replay?.nodes ?? []).flatMap((node) => node.services),
    ]),
  ].toSorted();
  const toggle = (kind: string) => {
    const next = new Set(without);
    if (!next.delete(kind)) next.add(kind);
    change({ without: next.size === 0 ? undefined : [...next].join(",") });
  };
  return (
    <div className={classes["bar"]}>
      <TextInput
        className={classes["box"] ?? ""}
        aria-label="Find in the fleet"
        placeholder="Name of an agent, tool, model or service"
        leftSection={<IconSearch size={15} />}
        value={search.q ?? ""}
        onChange={({ currentTarget: { value } }) => change({ q: value || undefined })}
      />
      <Select
        className={classes["service"] ?? ""}
        aria-label="Service"
        placeholder="All services"
        size="sm"
        clearable
        searchable
        data={services}
        value={search.service ?? null}
        onChange={(value) => change({ service: value ?? undefined })}
      />
      {NODE_KINDS.map((kind) => (
        <Facet
          key={kind}
          on={!without.has(kind)}
          icon={<KindIcon kind={kind} size={14} />}
          count={(replay?.nodes ?? []).filter((node) => node.kind === kind).length}
          onToggle={() => toggle(kind)}
        >
          {KIND_WORDS[kind]}
        </Facet>
      ))}
      <span className={classes["rest"]} />
      <Ways search={search} change={change} />
    </div>
  );
};

interface ViewSwitchProps {
  view: "graph" | "list";
  change: Change;
}

export const ViewSwitch = ({ view, change }: ViewSwitchProps) => (
  <SegmentedControl
    size="xs"
    aria-label="Picture or words"
    data={[
      { value: "graph", label: "Graph" },
      { value: "list", label: "List" },
    ]}
    value={view}
    onChange={(value) => change({ view: value as "graph" | "list" })}
  />
);
