import type { EscalationPolicy, Person, Team } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactNode } from "react";

import { peopleQuery, policiesQuery, schedulesQuery, teamsQuery } from "../../api/on-call.ts";
import { matcherText } from "../../format/alert-filter.ts";
import { plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { toMatcher } from "../silences/silence-draft.ts";
import { stepText } from "./on-call-words.ts";
import classes from "./on-call.module.css";
import { PersonDialog, TeamDialog } from "./PeopleDialogs.tsx";
import { PolicyDialog } from "./PolicyDialog.tsx";

interface ListPanelProps<T> {
  title: string;
  what: string;
  query: { data: unknown; error: Error | null };
  items: readonly T[];
  empty: ReactNode;
  add: () => void;
  children: (item: T) => ReactNode;
}

const ListPanel = <T,>({ title, what, query, items, empty, add, children }: ListPanelProps<T>) => (
  <Panel
    title={title}
    flush
    aside={
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlus size={14} />}
        onClick={add}
      >
        Add
      </Button>
    }
  >
    {query.error !== null && query.data === undefined && (
      <Failure what={`The ${what} could not be loaded`} error={query.error} />
    )}
    {query.data === undefined && query.error === null && <SkeletonRows rows={3} />}
    {query.data !== undefined && items.length === 0 && empty}
    <ul aria-label={title}>{items.map(children)}</ul>
  </Panel>
);

/** Those of the configuration are changed there. */
const Change = ({
  origin,
  name,
  onChange,
}: {
  origin: "api" | "config";
  name: string;
  onChange: () => void;
}) =>
  origin === "config" ? (
    <span title="It comes from the configuration: change it there">from the configuration</span>
  ) : (
    <Button size="compact-sm" variant="default" onClick={onChange} aria-label={`Change ${name}`}>
      Change
    </Button>
  );

type Editing<T> = { thing: T | null } | null;

export const PeoplePanel = () => {
  const query = useQuery(peopleQuery());
  const [editing, setEditing] = useState<Editing<Person>>(null);
  return (
    <>
      <ListPanel
        title="People"
        what="people"
        query={query}
        items={query.data?.people ?? []}
        add={() => setEditing({ thing: null })}
        empty={
          <Empty title="Nobody is known yet">
            <p>A person has ways to be reached, in order: first a message, then a call.</p>
          </Empty>
        }
      >
        {(person) => (
          <li key={person.id} className={classes["item"]}>
            <div className={classes["itemHead"]}>
              <span className={classes["itemName"]}>{person.name}</span>
              <span className="dim">{person.time_zone}</span>
              <span className={classes["itemAside"]}>
                <Change
                  origin={person.origin}
                  name={person.name}
                  onChange={() => setEditing({ thing: person })}
                />
              </span>
            </div>
            <div className="dim">
              {person.contact_methods.length === 0
                ? "cannot be reached: no contact method"
                : person.contact_methods
                    .map(({ receiver, address }) =>
                      address === undefined ? receiver : `${receiver} (${address})`,
                    )
                    .join(", then ")}
            </div>
          </li>
        )}
      </ListPanel>
      {editing !== null && <PersonDialog person={editing.thing} onClose={() => setEditing(null)} />}
    </>
  );
};

export const TeamsPanel = () => {
  const query = useQuery(teamsQuery());
  const people = useQuery(peopleQuery()).data?.people ?? [];
  const schedules = useQuery(schedulesQuery()).data?.schedules ?? [];
  const [editing, setEditing] = useState<Editing<Team>>(null);
  const nameOf = (id: string) => people.find((one) => one.id === id)?.name ?? id;
  return (
    <>
      <ListPanel
        title="Teams"
        what="teams"
        query={query}
        items={query.data?.teams ?? []}
        add={() => setEditing({ thing: null })}
        empty={
          <Empty title="No team yet">
            <p>A team is told as one: by its schedule, or every member.</p>
          </Empty>
        }
      >
        {(team) => (
          <li key={team.id} className={classes["item"]}>
            <div className={classes["itemHead"]}>
              <span className={classes["itemName"]}>{team.name}</span>
              <span className={classes["itemAside"]}>
                <Change
                  origin={team.origin}
                  name={team.name}
                  onChange={() => setEditing({ thing: team })}
                />
              </span>
            </div>
            <div className="dim">
              {team.members.map(nameOf).join(", ") || "nobody"}
              {team.schedule !== undefined && `; told by the schedule ${team.schedule}`}
            </div>
          </li>
        )}
      </ListPanel>
      {editing !== null && (
        <TeamDialog
          team={editing.thing}
          people={people}
          schedules={schedules}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
};

const matchText = (policy: EscalationPolicy): string =>
  policy.matchers.length === 0
    ? `alerts with the label escalation_policy="${policy.id}"`
    : policy.matchers.map((matcher) => matcherText(toMatcher(matcher))).join(", ");

export const PoliciesPanel = () => {
  const query = useQuery(policiesQuery());
  const [editing, setEditing] = useState<Editing<EscalationPolicy>>(null);
  const policies = (query.data?.policies ?? []).toSorted((a, b) => a.position - b.position);
  const defaults = Object.entries(query.data?.defaults ?? {});
  return (
    <>
      <ListPanel
        title="Escalation policies"
        what="policies"
        query={query}
        items={policies}
        add={() => setEditing({ thing: null })}
        empty={
          <Empty title="No policy yet">
            <p>
              A policy says what is done while nobody acknowledges an incident: tell whoever is on
              call, wait, tell the next, begin again.
            </p>
          </Empty>
        }
      >
        {(policy) => (
          <li key={policy.id} className={classes["item"]}>
            <div className={classes["itemHead"]}>
              <span className={classes["itemName"]}>{policy.name}</span>
              <span className="mono dim">{matchText(policy)}</span>
              <span className={classes["itemAside"]}>
                {!policy.enabled && "off"}
                <Change
                  origin={policy.origin}
                  name={policy.name}
                  onChange={() => setEditing({ thing: policy })}
                />
              </span>
            </div>
            <ol className={classes["steps"]} aria-label={plural(policy.steps.length, "step")}>
              {policy.steps.map((step, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- a step is known by its place
                <li key={index}>
                  <span className={classes["step"]}>{stepText(step)}</span>
                  {index < policy.steps.length - 1 && (
                    <span className={classes["arrow"]} aria-hidden>
                      {" →"}
                    </span>
                  )}
                </li>
              ))}
            </ol>
          </li>
        )}
      </ListPanel>
      {defaults.length > 0 && (
        <p className="dim">
          Without a policy alerts are sent again until somebody is on them:{" "}
          {defaults.map(([severity, seconds]) => `${severity} after ${seconds} s`).join(", ")}.
        </p>
      )}
      {editing !== null && <PolicyDialog policy={editing.thing} onClose={() => setEditing(null)} />}
    </>
  );
};
