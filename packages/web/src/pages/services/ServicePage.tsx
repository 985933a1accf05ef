import type { Service } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { alertsQuery, keys, serviceEventsQuery, serviceQuery } from "../../api/queries.ts";
import { TimeRange } from "../../app/time-range.tsx";
import { AlertRows } from "../../ui/alert-list.tsx";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { EventLines } from "../../ui/event-list.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state.tsx";
import { Lasting } from "../../ui/time.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { CheckFacts, EndpointFacts } from "./ServiceFacts.tsx";
import { LatencyPanel } from "./LatencyPanel.tsx";
import { ServiceMetrics } from "./ServiceMetrics.tsx";
import classes from "./services.module.css";

const route = getRouteApi("/dashboard/services/$serviceId");

const RemoveDialog = ({ service, onClose }: { service: Service; onClose: () => void }) => {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => request("DELETE", paths.service(service.id)),
    onSuccess: async () => {
      await navigate({ to: "/dashboard/services" });
      cache.removeQueries({ queryKey: keys.service(service.id) });
      void cache.invalidateQueries({ queryKey: keys.services });
    },
  });
  return (
    <Dialog title={`Remove ${service.name}?`} onClose={onClose}>
      <p>
        Fleetlight stops checking and scraping it, and its alerts resolve. What was measured so far
        stays in the store, and the service can be registered again.
      </p>
      {remove.error !== null && <Failure what="It was not removed" error={remove.error} />}
      <DialogButtons>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          Remove the service
        </Button>
      </DialogButtons>
    </Dialog>
  );
};

const CANNOT_REMOVE: Partial<Record<Service["origin"], string>> = {
  config: "It comes from the configuration; remove it there",
  file: "It was discovered in a file; remove it there",
};

const Events = ({ id }: { id: string }) => {
  const events = useQuery(serviceEventsQuery(id)).data?.events;
  return (
    <Panel title="History" flush>
      {events === undefined && <SkeletonRows rows={5} height={29} />}
      {events?.length === 0 && <Empty title="Nothing has happened to it yet" />}
      {events !== undefined && events.length > 0 && (
        <EventLines events={events} withService={false} />
      )}
    </Panel>
  );
};

const ServiceAlerts = ({ id }: { id: string }) => {
  const active = useQuery(alertsQuery()).data?.active_alerts ?? [];
  const own = active.filter(({ service }) => service === id);
  if (own.length === 0) return null;
  return (
    <Panel title="Active alerts" flush>
      <AlertRows alerts={own} />
    </Panel>
  );
};

const Lead = ({ service }: { service: Service }) => (
  <span className={classes["strip"]}>
    <StateMark state={service.status} big />
    <span>
      for <Lasting since={service.status_since} />
    </span>
    <span className="mono">{service.id}</span>
    <span>{service.type}</span>
  </span>
);

const back = <BackLink to="/dashboard/services">Services</BackLink>;

/** One service: its state, its checks, what it measures, what happened to it. */
export const ServicePage = () => {
  const { serviceId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [removing, setRemoving] = useState(false);
  const { data: service, error } = useQuery(serviceQuery(serviceId));
  if (service === undefined) {
    return (
      <Page title={serviceId} before={back}>
        {error === null ? (
          <SkeletonRows rows={8} />
        ) : (
          <Failure what={`The service ${serviceId} could not be loaded`} error={error} />
        )}
      </Page>
    );
  }
  const fixed = CANNOT_REMOVE[service.origin];
  return (
    <Page
      title={service.name}
      before={back}
      lead={<Lead service={service} />}
      actions={
        <Button
          variant="default"
          leftSection={<IconTrash size={15} />}
          disabled={fixed !== undefined}
          title={fixed}
          onClick={() => setRemoving(true)}
        >
          Remove
        </Button>
      }
    >
      <ServiceAlerts id={service.id} />
      <LatencyPanel
        service={service}
        search={search}
        control={
          <TimeRange
            search={search}
            onChange={(next) => void navigate({ search: next, replace: true, resetScroll: false })}
          />
        }
        onZoom={(from, to) =>
          void navigate({ search: { ...search, from, to }, resetScroll: false })
        }
        onReset={() => void navigate({ search: {}, resetScroll: false })}
      />
      <div className={classes["split"]}>
        <ServiceMetrics service={service} />
        <div className={classes["column"]}>
          <CheckFacts service={service} />
          <EndpointFacts service={service} />
          <Events id={service.id} />
        </div>
      </div>
      {removing && <RemoveDialog service={service} onClose={() => setRemoving(false)} />}
    </Page>
  );
};
