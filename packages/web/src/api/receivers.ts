import type { ReceiverList, ReceiverPreview, ReceiverTest } from "@fleetlight/contract";
import { queryOptions } from "@tanstack/react-query";

import { get, request } from "./client.ts";
import { routingPaths as paths } from "./paths.ts";

export const receiversKey = ["receivers"];

export const receiversQuery = () =>
  queryOptions({
    queryKey: receiversKey,
    queryFn: ({ signal }) => get<ReceiverList>(paths.receivers(), signal),
    refetchInterval: 5000,
  });

/** Sends a sample through every integration of a receiver. */
export const testReceiver = (name: string): Promise<ReceiverTest> =>
  request("POST", paths.testReceiver(name), { body: {} });

/** What would be sent about a sample. */
export const receiverPreviewQuery = (name: string) =>
  queryOptions({
    queryKey: [...receiversKey, "preview", name],
    queryFn: ({ signal }) =>
      request<ReceiverPreview>("POST", paths.previewReceiver(name), { body: {}, signal }),
    staleTime: 0,
  });
