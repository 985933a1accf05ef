import type {
  EscalationPolicyList,
  FinalSchedule,
  OnCallEverywhere,
  Override,
  OverrideInput,
  OverrideList,
  PersonList,
  ScheduleList,
  TeamList,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, request } from "./client.ts";
import { onCallPaths as paths } from "./paths.ts";

export const onCallKey = ["on-call"];
const REFRESH_MS = 30_000;

export const onCallNowQuery = () =>
  queryOptions({
    queryKey: [...onCallKey, "now"],
    queryFn: ({ signal }) => get<OnCallEverywhere>(paths.now(), signal),
    refetchInterval: REFRESH_MS,
  });

export const peopleQuery = () =>
  queryOptions({
    queryKey: [...onCallKey, "people"],
    queryFn: ({ signal }) => get<PersonList>(paths.people(), signal),
  });

export const teamsQuery = () =>
  queryOptions({
    queryKey: [...onCallKey, "teams"],
    queryFn: ({ signal }) => get<TeamList>(paths.teams(), signal),
  });

export const schedulesQuery = () =>
  queryOptions({
    queryKey: [...onCallKey, "schedules"],
    queryFn: ({ signal }) => get<ScheduleList>(paths.schedules(), signal),
  });

export const policiesQuery = () =>
  queryOptions({
    queryKey: [...onCallKey, "policies"],
    queryFn: ({ signal }) => get<EscalationPolicyList>(paths.policies(), signal),
  });

/** Who is on call through a range, after overrides; times in ISO 8601. */
export const finalQuery = (schedule: string, start: string, end: string) =>
  queryOptions({
    queryKey: [...onCallKey, "final", schedule, start, end],
    queryFn: ({ signal }) => get<FinalSchedule>(paths.final(schedule, start, end), signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

export const overridesQuery = (schedule: string) =>
  queryOptions({
    queryKey: [...onCallKey, "overrides", schedule],
    queryFn: ({ signal }) => get<OverrideList>(paths.overrides(schedule), signal),
  });

export const addOverride = (schedule: string, body: OverrideInput): Promise<Override> =>
  request("POST", paths.overrides(schedule), { body });

export const removeOverride = (schedule: string, override: string): Promise<void> =>
  request("DELETE", paths.override(schedule, override));

/** Makes a thing, or replaces it. The server keeps those of the configuration as they are. */
export const saveThing = (
  kind: "people" | "teams" | "schedules" | "policies",
  id: string | null,
  body: unknown,
): Promise<unknown> => {
  const one = {
    people: paths.person,
    teams: paths.team,
    schedules: paths.schedule,
    policies: paths.policy,
  };
  return id === null
    ? request("POST", paths[kind](), { body })
    : request("PUT", one[kind](id), { body });
};

export const removeThing = (
  kind: "people" | "teams" | "schedules" | "policies",
  id: string,
): Promise<void> => {
  const one = {
    people: paths.person,
    teams: paths.team,
    schedules: paths.schedule,
    policies: paths.policy,
  };
  return request("DELETE", one[kind](id));
};
