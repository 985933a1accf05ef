import type { Service } from "@fleetlight/contract";
import { Button, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { servicesQuery } from "../../api/queries.ts";
import type { ServicesSearch } from "../../app/search.ts";
import { plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { SERVICE_STATES, StateIcon, stateWord } from "../../ui/state.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { firstService } from "./first-service.ts";
import { RegisterDialog } from "./RegisterDialog.tsx";
import { selectServices } from "./select.ts";
import type { Selection } from "./select.ts";
import { ServiceCards, ServiceTable } from "./ServiceRows.tsx";
import classes from "./services.module.css";

const route = getRouteApi("/dashboard/services");

/** Types beyond this many are found by the filter box. */
const TYPES_SHOWN = 10;

type Change = (change: ServicesSearch) => void;

const Filters = ({
  search,
  selection,
  change,
}: {
  search: ServicesSearch;
  selection: Selection;
  change: Change;
}) => {
  const { state, type, ...rest } = search;
  return (
    <div className={classes["filters"]}>
      <TextInput
        className={classes["box"] ?? ""}
        aria-label="Filter by name, id, type, address or label"
        placeholder="Filter by name, id, type, address, label"
        leftSection={<IconSearch size={15} />}
        value={search.q ?? ""}
        onChange={({ currentTarget: { value } }) => {
          const { q: _, ...others } = search;
          change(value === "" ? others : { ...others, q: value });
        }}
      />
      <div className={classes["facets"]} role="group" aria-label="Filter by state">
        {SERVICE_STATES.map((each) => (
          <Facet
            key={each}
            on={state === each}
            count={selection.states[each]}
            icon={<StateIcon state={each} size={14} />}
            onToggle={() =>
              change({ ...rest, ...(type && { type }), ...(state === each ? {} : { state: each }) })
            }
          >
            {stateWord(each)}
          </Facet>
        ))}
      </div>
      <div className={classes["facets"]} role="group" aria-label="Filter by type">
        {selection.types
          .filter(([name], index) => index < TYPES_SHOWN || name === type)
          .map(([name, count]) => (
            <Facet
              key={name}
              on={type === name}
              count={count}
              onToggle={() =>
                change({
                  ...rest,
                  ...(state && { state }),
                  ...(type === name ? {} : { type: name }),
                })
              }
            >
              {name}
            </Facet>
          ))}
      </div>
    </div>
  );
};

const Rows = ({
  rows,
  all,
  search,
  change,
}: {
  rows: Service[];
  all: number;
  search: ServicesSearch;
  change: Change;
}) => {
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  if (all === 0) {
    return (
      <div className={classes["sheet"]}>
        <Empty title="No service is registered yet" waiting="Waiting for the first service…">
          <p>
            Register one here, from the configuration, or with one request; it is checked and
            scraped from then on:
          </p>
          <Snippet
            label="command that registers a service"
            text={firstService(window.location.origin)}
          />
        </Empty>
      </div>
    );
  }
  if (rows.length === 0) {
    return (
      <div className={classes["sheet"]}>
        <Empty title="No service matches these filters">
          <Button variant="default" onClick={() => change({})}>
            Show all {all}
          </Button>
        </Empty>
      </div>
    );
  }
  if (phone) return <ServiceCards rows={rows} />;
  return (
    <div className={classes["sheet"]}>
      <ServiceTable
        rows={rows}
        sort={search.sort ?? "state"}
        onSort={(sort) => change({ ...search, sort })}
      />
    </div>
  );
};

/** All services, worst first. */
export const ServicesPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const services = useQuery(servicesQuery());
  const all = services.data?.services ?? [];
  const selection = selectServices(all, search);
  const change: Change = (next) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const { register, ...plain } = search;
  const shown = selection.rows.length;
  return (
    <Page
      title="Services"
      lead={
        services.data === undefined || all.length === 0
          ? "Which services are there, and do they answer?"
          : shown === all.length
            ? `${plural(all.length, "service")}, checked and scraped by Fleetlight.`
            : `${shown} of ${plural(all.length, "service")}.`
      }
      actions={
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => change({ ...plain, register: true })}
        >
          Register a service
        </Button>
      }
    >
      {(all.length > 0 || services.data === undefined) && (
        <Filters search={plain} selection={selection} change={change} />
      )}
      {services.error !== null && services.data === undefined && (
        <Failure what="The services could not be loaded" error={services.error} />
      )}
      {services.data === undefined && services.error === null && (
        <div className={classes["sheet"]}>
          <SkeletonRows rows={10} />
        </div>
      )}
      {services.data !== undefined && (
        <Rows rows={selection.rows} all={all.length} search={plain} change={change} />
      )}
      {register === true && <RegisterDialog onClose={() => change(plain)} />}
    </Page>
  );
};
