import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, request } from "./client.ts";
import { alertmanagerPaths as paths } from "./paths.ts";

/** One matcher in the words of Alertmanager's API v2. */
export interface AmMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

export interface AmSilence {
  id: string;
  status: { state: "active" | "pending" | "expired" };
  updatedAt: string;
  comment: string;
  createdBy: string;
  startsAt: string;
  endsAt: string;
  matchers: AmMatcher[];
}

/** What `POST /api/v2/silences` takes; with an id it changes the silence of that name. */
export type AmSilenceInput = Pick<
  AmSilence,
  "comment" | "createdBy" | "startsAt" | "endsAt" | "matchers"
> & { id?: string };

export const silencesKey = ["silences"];
const REFRESH_MS = 10_000;

export const silencesQuery = () =>
  queryOptions({
    queryKey: silencesKey,
    queryFn: ({ signal }) => get<AmSilence[]>(paths.silences(), signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });

/** `confirmed` says that a silence that matches every alert is meant so. */
export const postSilence = (
  body: AmSilenceInput,
  confirmed: boolean,
): Promise<{ silenceID: string }> => request("POST", paths.silences(confirmed), { body });

export const expireSilence = (id: string): Promise<void> => request("DELETE", paths.silence(id));
