import type { Acknowledgement, AcknowledgementList, BulkResult } from "@fleetlight/contract";
import { readLocalStorageValue, useLocalStorage } from "@mantine/hooks";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { tell, tellFailure } from "../ui/toast.tsx";
import { plural } from "../format/units.ts";
import { get, request } from "./client.ts";
import { respondPaths as paths } from "./paths.ts";

export const acknowledgementsKey = ["acknowledgements"];
const REFRESH_MS = 10_000;

export const acknowledgementsQuery = () =>
  queryOptions({
    queryKey: acknowledgementsKey,
    queryFn: ({ signal }) => get<AcknowledgementList>(paths.acknowledgements(), signal),
    refetchInterval: REFRESH_MS,
  });

const AUTHOR_KEY = "fleetlight-author";

/** The name under which this browser acknowledges and silences; asked once, changed in every form. */
export const useAuthor = () =>
  useLocalStorage({ key: AUTHOR_KEY, defaultValue: "", getInitialValueInEffect: false });

export const readAuthor = (): string =>
  readLocalStorageValue({ key: AUTHOR_KEY, defaultValue: "" });

/** One alert that is acknowledged: the name of its address, and what finds it in the pipeline. */
export interface AckTarget {
  key: string;
  fingerprint: string | null;
  alertId: string | null;
  labels: Record<string, string>;
}

export interface AckRequest {
  targets: readonly AckTarget[];
  note?: string;
  /** A duration such as `2h`; without it the acknowledgement lasts as long as the alert. */
  expiresIn?: string;
}

const byPart = () => {
  const by = readAuthor().trim();
  return by === "" ? {} : { by };
};

const isOf =
  (targets: readonly AckTarget[]) =>
  (ack: Acknowledgement): boolean =>
    targets.some(
      ({ fingerprint, alertId }) =>
        (fingerprint !== null && fingerprint === ack.fingerprint) ||
        (alertId !== null && alertId === ack.alert_id),
    );

const expected = ({ targets, note = "" }: AckRequest): Acknowledgement[] =>
  targets.map(({ fingerprint, alertId, labels }) => ({
    fingerprint: fingerprint ?? "",
    alert_id: alertId,
    labels,
    by: readAuthor().trim() || "you",
    note,
    at: new Date().toISOString(),
    expires_at: null,
    kind: "acknowledge",
    incident: null,
  }));

/** Says in the list at once what the server will say after it answered; the old list comes back when it refuses. */
const useOptimistic = <T>(
  send: (input: T) => Promise<BulkResult>,
  guess: (input: T, old: Acknowledgement[]) => Acknowledgement[],
  failed: string,
) => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: send,
    onMutate: async (input) => {
      await cache.cancelQueries({ queryKey: acknowledgementsKey });
      const before = cache.getQueryData<AcknowledgementList>(acknowledgementsKey);
      const acknowledgements = guess(input, before?.acknowledgements ?? []);
      cache.setQueryData<AcknowledgementList>(acknowledgementsKey, {
        acknowledgements,
        count: acknowledgements.length,
      });
      return before;
    },
    onError: (error, _input, before) => {
      cache.setQueryData(acknowledgementsKey, before);
      tellFailure(failed, error);
    },
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: acknowledgementsKey }),
        cache.invalidateQueries({ queryKey: ["incidents"] }),
      ]),
  });
};

export const useUnacknowledge = () =>
  useOptimistic(
    (targets: readonly AckTarget[]) =>
      request<BulkResult>("POST", paths.unacknowledge(), {
        body: { ids: targets.map(({ key }) => key), ...byPart() },
      }),
    (targets, old) => {
      const gone = isOf(targets);
      return old.filter((ack) => !gone(ack));
    },
    "The acknowledgement was not taken back",
  );

/** Acknowledges one alert or many, with a way back. */
export const useAcknowledge = () => {
  const undo = useUnacknowledge();
  return useOptimistic(
    async (input: AckRequest) => {
      const { targets, note = "", expiresIn } = input;
      const result = await request<BulkResult>("POST", paths.acknowledge(), {
        body: {
          ids: targets.map(({ key }) => key),
          note,
          ...byPart(),
          ...(expiresIn !== undefined && { expires_in: expiresIn }),
        },
      });
      const gone = result.not_found.length;
      const rest = gone === 0 ? "" : `; ${plural(gone, "alert")} had ended`;
      tell(`${plural(result.changed, "alert")} acknowledged${rest}.`, () => undo.mutate(targets));
      return result;
    },
    (input, old) => {
      const gone = isOf(input.targets);
      return [...old.filter((ack) => !gone(ack)), ...expected(input)];
    },
    "Nothing was acknowledged",
  );
};
