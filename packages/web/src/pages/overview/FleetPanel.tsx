import type { Overview, Service } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { formatCount, formatValue } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import { SERVICE_STATES, StateIcon, stateColour, stateWord } from "../../ui/state.tsx";
import { firstService } from "../services/first-service.ts";
import { Empty, Snippet } from "../../ui/notes.tsx";
import classes from "./overview.module.css";

/** With more services than this, those that are well are drawn as cells without a name. */
const NAMED_TILES = 48;
/** Tiles beside the cells; the counts lead to the rest. */
const TROUBLED_TILES = 16;

const byUrgency = (a: Service, b: Service): number =>
  SERVICE_STATES.indexOf(a.status) - SERVICE_STATES.indexOf(b.status) || a.id.localeCompare(b.id);

const ServiceTile = ({ service }: { service: Service }) => {
  const { id, name, status, last_check: check } = service;
  const latency = check?.healthy
    ? formatValue(check.response_time, "seconds")
    : (check?.error ?? "");
  return (
    <li data-well={status === "healthy" || undefined}>
      <Link
        to="/dashboard/services/$serviceId"
        params={{ serviceId: id }}
        className={classes["service"]}
        style={{ borderInlineStartColor: stateColour(status) }}
        title={`${name}: ${stateWord(status)}${latency === "" ? "" : `, ${latency}`}`}
      >
        <StateIcon state={status} />
        <span className="clip">{name}</span>
        <span className={classes["serviceFigure"]}>
          {status === "healthy" ? latency : stateWord(status)}
        </span>
      </Link>
    </li>
  );
};

/** A picture of a large fleet; the counts beside it say the same in words. */
const Cells = ({ services }: { services: Service[] }) => (
  <div className={classes["cells"]} aria-hidden>
    {services.map(({ id, name, status }) => (
      <span key={id} title={name} style={{ background: stateColour(status) }} />
    ))}
  </div>
);

const Tiles = ({ services }: { services: Service[] }) => {
  const ordered = services.toSorted(byUrgency);
  if (services.length <= NAMED_TILES) {
    return (
      <ul className={classes["services"]}>
        {ordered.map((service) => (
          <ServiceTile key={service.id} service={service} />
        ))}
      </ul>
    );
  }
  const troubled = ordered.filter(({ status }) => status !== "healthy").slice(0, TROUBLED_TILES);
  return (
    <div className={classes["large"]}>
      {troubled.length > 0 && (
        <ul className={classes["services"]}>
          {troubled.map((service) => (
            <ServiceTile key={service.id} service={service} />
          ))}
        </ul>
      )}
      <Cells services={ordered} />
    </div>
  );
};

/** Order of the counts: what one hopes for, what one fears, what lies between. */
const COUNTED = ["healthy", "unhealthy", "degraded", "unknown"] as const;

const Counts = ({ counts }: { counts: Overview["services"] | undefined }) => (
  <ul className={classes["counts"]}>
    {COUNTED.map((state) => {
      const count = counts?.[state];
      return (
        <li key={state}>
          <Link
            to="/dashboard/services"
            search={{ state }}
            className={classes["count"]}
            data-none={count === 0 || undefined}
          >
            <span className={classes["countNumber"]}>
              {count === undefined ? "\u00a0" : formatCount(count)}
            </span>
            <span className={classes["countWord"]}>
              <StateIcon state={state} size={14} />
              {stateWord(state)}
            </span>
          </Link>
        </li>
      );
    })}
  </ul>
);

interface FleetPanelProps {
  counts: Overview["services"] | undefined;
  services: Service[] | undefined;
}

/** Every service at a glance, worst first. */
export const FleetPanel = ({ counts, services }: FleetPanelProps) => {
  if (services?.length === 0) {
    return (
      <Panel title="Services">
        <Empty title="No service is registered yet" waiting="Waiting for the first service…">
          <p>Register one, and Fleetlight checks and scrapes it from then on:</p>
          <Snippet
            label="command that registers a service"
            text={firstService(window.location.origin)}
          />
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel
      title="Services"
      aside={
        <Link to="/dashboard/services" className="link">
          {counts === undefined ? "All services" : `All ${formatCount(counts.total)} services`}
        </Link>
      }
    >
      <div className={classes["fleet"]}>
        <Counts counts={counts} />
        {services === undefined ? (
          <ul className={classes["services"]} aria-hidden>
            {Array.from({ length: 12 }, (_, index) => (
              <li key={index} className={classes["serviceSkeleton"]} />
            ))}
          </ul>
        ) : (
          <Tiles services={services} />
        )}
      </div>
    </Panel>
  );
};
