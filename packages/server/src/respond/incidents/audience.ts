import type { EscalationStep, Urgency } from "@fleetlight/contract";
import type { StoredOccurrence } from "#store";

import type { Alertmanager } from "../alertmanager.ts";
import {
  personReceiver,
  urgencyOf,
  waysToReach,
  type Directory,
  type PersonalChannels,
  type Schedules,
} from "../oncall/index.ts";
import { activeMembers, type LiveIncident } from "./live.ts";
import type { Destination } from "./notifications.ts";

/** Alerts whose routes are looked at for one step. */
const MAX_LOOKED_AT = 1000;

export interface AudienceOptions {
  alerts: Pick<Alertmanager, "explainRoute" | "channels">;
  directory: Directory;
  schedules: Schedules;
  personal: PersonalChannels;
}

/** A destination with the alerts that it hears of. */
export interface Told extends Destination {
  members: readonly StoredOccurrence[];
}

/** Whom a step tells: at once, later, and in words. */
export interface Audience {
  told: Told[];
  later: { person: string; method: number; afterMs: number }[];
  /** One line for the timeline. */
  words: string[];
}

type Notifying = Extract<EscalationStep, { type: `notify_${string}` }>;

/** Works out whom a step of an escalation tells. */
export class AudienceFinder {
  private readonly options: AudienceOptions;

  constructor(options: AudienceOptions) {
    this.options = options;
  }

  of(live: LiveIncident, step: Notifying, nowMs: number): Audience {
    if (step.type === "notify_channel") return this.channels(live, step.receiver);
    const { people, word } = this.peopleOf(live.record.tenant, step, nowMs);
    const urgency = step.urgency ?? urgencyOf(live.record.severity);
    const audience: Audience = { told: [], later: [], words: people.length === 0 ? [word] : [] };
    for (const person of people) this.addPerson(live, audience, person, { urgency, word, nowMs });
    return audience;
  }

  /** The integrations by which a person is told by one of their methods. */
  personal(live: LiveIncident, person: string, method: number): Told[] {
    const { tenant, id } = live.record;
    const members = activeMembers(live);
    return this.options.personal.integrations(tenant, person, method).map((integration) => ({
      receiver: personReceiver(person),
      integration,
      groupKey: `incident:${id}`,
      groupLabels: {},
      members,
    }));
  }

  private peopleOf(
    tenant: string,
    step: Exclude<Notifying, { type: "notify_channel" }>,
    nowMs: number,
  ): { people: string[]; word: string } {
    if (step.type === "notify_person") return { people: [step.person], word: "" };
    if (step.type === "notify_schedule") return this.onCall(tenant, step.schedule, nowMs);
    const team = this.options.directory.find(tenant, "team", step.team)?.document;
    if (team === undefined) return { people: [], word: `there is no team ${step.team} any more` };
    if (team.schedule !== undefined) return this.onCall(tenant, team.schedule, nowMs);
    return { people: team.members, word: `team ${team.name}` };
  }

  private onCall(
    tenant: string,
    schedule: string,
    nowMs: number,
  ): { people: string[]; word: string } {
    const name = this.options.directory.find(tenant, "schedule", schedule)?.document.name;
    if (name === undefined)
      return { people: [], word: `there is no schedule ${schedule} any more` };
    const person = this.options.schedules.personAt(tenant, schedule, nowMs);
    if (person === undefined) return { people: [], word: `nobody is on call in ${name}` };
    return { people: [person], word: `on call in ${name}` };
  }

  private addPerson(
    live: LiveIncident,
    audience: Audience,
    id: string,
    { urgency, word, nowMs }: { urgency: Urgency; word: string; nowMs: number },
  ): void {
    const person = this.options.directory.find(live.record.tenant, "person", id)?.document;
    if (person === undefined) {
      audience.words.push(`there is no person ${id} any more`);
      return;
    }
    const who = word === "" ? person.name : `${person.name} (${word})`;
    const { ways, reason } = waysToReach(person, urgency, nowMs);
    if (ways.length === 0) audience.words.push(`${who} ${reason}`);
    for (const { method, afterMs } of ways) {
      const receiver = person.contact_methods[method]?.receiver ?? "";
      const told = this.personal(live, id, method);
      if (told.length === 0) audience.words.push(`${who} cannot be told by ${receiver}`);
      else if (afterMs > 0) audience.later.push({ person: id, method, afterMs });
      else {
        audience.told.push(...told);
        audience.words.push(`${who} by ${receiver}`);
      }
    }
  }

  /** One receiver, or those that the alerts' routes lead to; each group apart, so that a receiver recognises it. */
  private channels(live: LiveIncident, receiver: string | undefined): Audience {
    const destinations = new Map<string, { at: Destination; members: StoredOccurrence[] }>();
    const { tenant, id } = live.record;
    const members = activeMembers(live).slice(0, MAX_LOOKED_AT);
    const add = (at: Destination, member: StoredOccurrence | undefined): void => {
      const key = `${at.receiver}\n${at.groupKey}`;
      const found = destinations.get(key) ?? { at, members: [] };
      if (member !== undefined) found.members.push(member);
      destinations.set(key, found);
    };
    for (const member of members) {
      for (const route of this.routesOf(tenant, member))
        add({ ...route, receiver: receiver ?? route.receiver, integration: "" }, member);
    }
    if (receiver !== undefined && destinations.size === 0)
      add({ receiver, integration: "", groupKey: `incident:${id}`, groupLabels: {} }, undefined);
    const told = [...destinations.values()].flatMap(({ at, members: about }) =>
      this.integrationsOf(at.receiver).map((integration) => ({
        ...at,
        integration,
        members: about,
      })),
    );
    const names = [...new Set([...destinations.values()].map(({ at }) => at.receiver))];
    const words = names.map((name) =>
      told.some((one) => one.receiver === name) ? name : `receiver ${name} has no channel`,
    );
    return { told, later: [], words: words.length > 0 ? words : ["no route leads to a receiver"] };
  }

  private routesOf(
    tenant: string,
    { labels }: StoredOccurrence,
  ): { receiver: string; groupKey: string; groupLabels: Record<string, string> }[] {
    const { paths, groupKeys } = this.options.alerts.explainRoute(tenant, labels);
    return paths.flatMap((path, index) => {
      const route = path.at(-1)?.route;
      if (route === undefined) return [];
      const names = route.groupByAll ? Object.keys(labels) : route.groupBy;
      const groupLabels = Object.fromEntries(
        names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
      ) as Record<string, string>;
      return { receiver: route.receiver, groupKey: groupKeys[index] ?? "", groupLabels };
    });
  }

  private integrationsOf(receiver: string): string[] {
    return this.options.alerts
      .channels()
      .filter((channel) => channel.receiver === receiver)
      .map(({ name }) => name.slice(receiver.length + 1));
  }
}
