import type { Service } from "@fleetlight/contract";
import { IconArrowDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useLayoutEffect, useRef, useState } from "react";

import { latencyQuery } from "../../api/queries.ts";
import type { ServiceSort } from "../../app/search.ts";
import { usualTop } from "../../charts/spark-path.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import { formatCount, formatValue } from "../../format/units.ts";
import type { Latency } from "../../live/apply.ts";
import table from "../../ui/table.module.css";
import { StateMark } from "../../ui/state.tsx";
import { Ago } from "../../ui/time.tsx";
import classes from "./services.module.css";

/** Lists longer than this draw only the rows in sight. */
const VIRTUAL_FROM = 100;
const ROW_PX = 48;
const CARD_PX = 118;

const CheckFigure = ({ service }: { service: Service }) => {
  const check = service.last_check;
  if (check === null) return <span className="dim">not checked</span>;
  if (!check.healthy) return <span className={classes["cause"]}>{check.error ?? "failed"}</span>;
  return <span className="num">{formatValue(check.response_time, "seconds")}</span>;
};

const ScrapeFigure = ({ service }: { service: Service }) => {
  const scrape = service.last_scrape;
  if (scrape === null) return <span className="dim">not scraped</span>;
  if (!scrape.up) {
    return (
      <span className={classes["cause"]} title={scrape.error ?? ""}>
        {scrape.error ?? "failed"}
      </span>
    );
  }
  return <span className="num">{formatCount(scrape.samples)} samples</span>;
};

const LatencySpark = ({ latency, width }: { latency: Latency | undefined; width: number }) => {
  const top = usualTop(latency?.values ?? []);
  return (
    <Sparkline data={latency} width={width} height={24} {...(top !== undefined && { max: top })} />
  );
};

const ServiceLink = ({
  service,
  className,
}: {
  service: Service;
  className: string | undefined;
}) => (
  <Link
    to="/dashboard/services/$serviceId"
    params={{ serviceId: service.id }}
    className={[classes["name"], className].filter(Boolean).join(" ")}
    data-list-item
  >
    {service.name}
  </Link>
);

interface RowProps {
  service: Service;
  latency: Latency | undefined;
}

const ServiceRow = memo(({ service, latency }: RowProps) => (
  <tr className={table["row"]}>
    <td>
      <StateMark state={service.status} />
    </td>
    <td>
      <div className={classes["identity"]}>
        <ServiceLink service={service} className={table["cover"]} />
        {service.id !== service.name && <span className={classes["id"]}>{service.id}</span>}
      </div>
    </td>
    <td className="dim">
      <div className="clip">{service.type}</div>
    </td>
    <td>
      <div className={classes["latency"]}>
        <LatencySpark latency={latency} width={120} />
        <CheckFigure service={service} />
      </div>
    </td>
    <td>
      <Ago at={service.status_since} />
    </td>
    <td className={table["right"]}>
      <div className="clip">
        <ScrapeFigure service={service} />
      </div>
    </td>
  </tr>
));

const COLUMNS: { word: string; sort?: ServiceSort; width?: string; right?: boolean }[] = [
  { word: "State", sort: "state", width: "132px" },
  { word: "Service", sort: "name" },
  { word: "Type", width: "13%" },
  { word: "Check latency, 15 min", sort: "latency", width: "29%" },
  { word: "Last change", sort: "change", width: "118px" },
  { word: "Scrape", width: "150px", right: true },
];

interface TableProps {
  rows: Service[];
  sort: ServiceSort;
  onSort: (sort: ServiceSort) => void;
}

const Head = ({ sort, onSort }: Omit<TableProps, "rows">) => (
  <thead>
    <tr>
      {COLUMNS.map(({ word, sort: by, width, right }) => (
        <th
          key={word}
          scope="col"
          style={{ width }}
          className={right ? table["right"] : undefined}
          aria-sort={by === undefined ? undefined : by === sort ? "descending" : "none"}
        >
          {by === undefined ? (
            word
          ) : (
            <button type="button" className={table["sort"]} onClick={() => onSort(by)}>
              {word}
              {by === sort && <IconArrowDown size={13} aria-hidden />}
            </button>
          )}
        </th>
      ))}
    </tr>
  </thead>
);

/** Which rows are in sight of the window, and how much room the others before and after them take. */
const useSight = <T extends HTMLElement>(count: number, size: number) => {
  const place = useRef<T>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const top = place.current?.getBoundingClientRect().top ?? 0;
    setOffset(top + window.scrollY);
  }, []);
  // oxlint-disable-next-line react/incompatible-library -- nothing that the compiler would keep is made from it
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => size,
    overscan: 12,
    scrollMargin: offset,
    enabled: count > VIRTUAL_FROM,
  });
  if (count <= VIRTUAL_FROM) return { place, first: 0, end: count, before: 0, after: 0 };
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const end = (items.at(-1)?.index ?? -1) + 1;
  return { place, first, end, before: first * size, after: (count - end) * size };
};

const Spacer = ({ height }: { height: number }) =>
  height > 0 ? (
    <tr className={table["spacer"]} aria-hidden>
      <td colSpan={COLUMNS.length} style={{ height }} />
    </tr>
  ) : null;

export const ServiceTable = ({ rows, sort, onSort }: TableProps) => {
  const latency = useQuery(latencyQuery()).data;
  const { place, first, end, before, after } = useSight<HTMLTableElement>(rows.length, ROW_PX);
  return (
    <table
      ref={place}
      className={`${table["table"]} ${classes["table"]}`}
      aria-label="Services"
      aria-rowcount={rows.length + 1}
    >
      <Head sort={sort} onSort={onSort} />
      <tbody>
        <Spacer height={before} />
        {rows.slice(first, end).map((service) => (
          <ServiceRow key={service.id} service={service} latency={latency?.[service.id]} />
        ))}
        <Spacer height={after} />
      </tbody>
    </table>
  );
};

const ServiceCard = memo(({ service, latency }: RowProps) => (
  <li className={`${table["card"]} ${table["row"]} ${classes["card"]}`}>
    <div className={table["cardRow"]}>
      <ServiceLink service={service} className={table["cover"]} />
      <StateMark state={service.status} />
    </div>
    <div className={table["cardRow"]}>
      <span className="dim clip">
        {service.type} · changed <Ago at={service.status_since} />
      </span>
      <span className="dim num">
        <ScrapeFigure service={service} />
      </span>
    </div>
    <div className={classes["latency"]}>
      <LatencySpark latency={latency} width={150} />
      <CheckFigure service={service} />
    </div>
  </li>
));

export const ServiceCards = ({ rows }: { rows: Service[] }) => {
  const latency = useQuery(latencyQuery()).data;
  const { place, first, end, before, after } = useSight<HTMLUListElement>(rows.length, CARD_PX);
  return (
    <ul ref={place} className={table["cards"]} style={{ paddingTop: before, paddingBottom: after }}>
      {rows.slice(first, end).map((service) => (
        <ServiceCard key={service.id} service={service} latency={latency?.[service.id]} />
      ))}
    </ul>
  );
};
