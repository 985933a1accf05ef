import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import {
  IconBell,
  IconBolt,
  IconChartLine,
  IconLayoutDashboard,
  IconRobot,
  IconSearch,
  IconServer2,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import type { KeyboardEvent } from "react";
import { useEffect, useId, useRef, useState } from "react";

import { foundAgentsQuery } from "../api/agents.ts";
import { alertsQuery, metricNamesQuery, servicesQuery } from "../api/queries.ts";
import { plural } from "../format/units.ts";
import { STATUS_WORDS } from "../pages/agents/words.ts";
import { stateWord } from "../ui/state.tsx";
import type { Hit } from "./find.ts";
import { find } from "./find.ts";
import classes from "./palette.module.css";
import { SECTIONS } from "./sections.ts";

const ICONS = {
  Page: IconLayoutDashboard,
  Service: IconServer2,
  Agent: IconRobot,
  Alert: IconBell,
  Metric: IconChartLine,
  Action: IconBolt,
};

/** Metrics and agents asked from the server per query; more could not be shown. */
const METRICS_ASKED = 20;
const AGENTS_ASKED = 20;

const FIXED: Hit[] = [
  ...SECTIONS.map(({ to, word }): Hit => ({
    key: to,
    kind: "Page",
    title: word,
    hint: "",
    href: to,
  })),
  page("Conversations", "/dashboard/conversations"),
  page("Workflows", "/dashboard/workflows"),
  page("Alert history", "/dashboard/alerts/history"),
  page("Alert rules", "/dashboard/alerts/rules"),
  page("Silences", "/dashboard/alerts/silences"),
  page("Maintenance", "/dashboard/alerts/maintenance"),
  page("Routing and receivers", "/dashboard/alerts/routing"),
  page("Incidents", "/dashboard/alerts/incidents"),
  page("On call", "/dashboard/alerts/on-call"),
  page("Alert insights", "/dashboard/alerts/insights"),
  { ...page("Register a service", "/dashboard/services?register=true"), kind: "Action" },
  { ...page("Create an alert rule", "/dashboard/alerts/rules/new"), kind: "Action" },
  { ...page("Silence alerts", "/dashboard/alerts/silences/new"), kind: "Action" },
  { ...page("Plan maintenance", "/dashboard/alerts/maintenance/new"), kind: "Action" },
];

function page(title: string, href: string): Hit {
  return { key: href, kind: "Page", title, hint: "", href };
}

const useHits = (query: string): Hit[] => {
  const [settled] = useDebouncedValue(query.trim(), 120);
  const services = useQuery(servicesQuery()).data?.services ?? [];
  const alerts = useQuery(alertsQuery()).data?.active_alerts ?? [];
  const metrics = useQuery({
    ...metricNamesQuery(settled, METRICS_ASKED),
    enabled: settled !== "",
    refetchInterval: false,
  }).data?.metrics;
  const agents = useQuery({
    ...foundAgentsQuery(settled, AGENTS_ASKED),
    enabled: settled !== "",
  }).data?.agents;
  const hits: Hit[] = [
    ...FIXED,
    ...alerts.map(({ id, name, service, state }): Hit => ({
      key: id,
      kind: "Alert",
      title: name,
      hint: [stateWord(state), service].filter(Boolean).join(" · "),
      href: `/dashboard/alerts/${encodeURIComponent(id)}`,
    })),
    ...services.map(({ id, name, status }): Hit => ({
      key: `service/${id}`,
      kind: "Service",
      title: name,
      hint: `${id} · ${stateWord(status)}`,
      href: `/dashboard/services/${encodeURIComponent(id)}`,
    })),
    ...(query.trim() === "" ? [] : (agents ?? [])).map(({ id, status }): Hit => ({
      key: `agent/${id}`,
      kind: "Agent",
      title: id,
      hint: STATUS_WORDS[status],
      href: `/dashboard/agents/${encodeURIComponent(id)}`,
    })),
    ...(query.trim() === "" ? [] : (metrics ?? [])).map(({ name, series }): Hit => ({
      key: `metric/${name}`,
      kind: "Metric",
      title: name,
      hint: plural(series, "series", "series"),
      href: `/dashboard/explore?metric=${encodeURIComponent(name)}`,
    })),
  ];
  return find(query, hits);
};

const HitRow = ({ hit, id, on, go }: { hit: Hit; id: string; on: boolean; go: () => void }) => {
  const Icon = ICONS[hit.kind];
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (on) row.current?.scrollIntoView({ block: "nearest" });
  }, [on]);
  return (
    <li ref={row} id={id} role="option" aria-selected={on} className={classes["hit"]} onClick={go}>
      <Icon size={17} stroke={1.7} aria-hidden />
      <span className={hit.kind === "Metric" ? classes["metric"] : classes["title"]}>
        {hit.title}
      </span>
      <span className={classes["hint"]}>{hit.hint}</span>
      <span className={classes["kind"]}>{hit.kind}</span>
    </li>
  );
};

/** Search over everything that has a page, driven by the keyboard. */
export const Palette = ({ onClose }: { onClose: () => void }) => {
  const router = useRouter();
  const list = useId();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const hits = useHits(query);
  const at = Math.min(chosen, Math.max(0, hits.length - 1));
  const go = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    onClose();
    router.history.push(hit.href);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((at + step + hits.length) % Math.max(1, hits.length));
    } else if (event.key === "Enter") go(hits[at]);
  };
  return (
    <Modal.Root
      opened
      onClose={onClose}
      padding={0}
      size={620}
      yOffset="12dvh"
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label="Search">
        <div className={classes["field"]}>
          <IconSearch size={18} stroke={1.8} aria-hidden />
          <input
            className={classes["input"]}
            data-autofocus
            role="combobox"
            aria-expanded
            aria-controls={list}
            aria-activedescendant={hits.length > 0 ? `${list}-${at}` : undefined}
            aria-label="Search pages, services, agents, metrics, alerts"
            placeholder="Search pages, services, agents, metrics, alerts"
            value={query}
            onChange={(event) => {
              setQuery(event.currentTarget.value);
              setChosen(0);
            }}
            onKeyDown={onKey}
          />
          <kbd className={classes["kbd"]}>Esc</kbd>
        </div>
        <ul id={list} role="listbox" aria-label="Results" className={classes["hits"]}>
          {hits.map((hit, index) => (
            <HitRow
              key={hit.key}
              hit={hit}
              id={`${list}-${index}`}
              on={index === at}
              go={() => go(hit)}
            />
          ))}
        </ul>
        {hits.length === 0 && <p className={classes["none"]}>Nothing is called “{query}”.</p>}
      </Modal.Content>
    </Modal.Root>
  );
};
