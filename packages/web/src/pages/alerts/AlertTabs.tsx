import { Link, useLocation, useParams } from "@tanstack/react-router";
import { useLayoutEffect, useRef } from "react";

import table from "../../ui/table.module.css";

const TABS = [
  { to: "/dashboard/alerts", word: "Active", exact: true },
  { to: "/dashboard/alerts/incidents", word: "Incidents", exact: false },
  { to: "/dashboard/alerts/silences", word: "Silences", exact: false },
  { to: "/dashboard/alerts/rules", word: "Rules", exact: false },
  { to: "/dashboard/alerts/routing", word: "Routing", exact: false },
  { to: "/dashboard/alerts/on-call", word: "On call", exact: false },
  { to: "/dashboard/alerts/history", word: "History", exact: true },
  { to: "/dashboard/alerts/insights", word: "Insights", exact: true },
] as const;

/** Pages without a tab of their own stand under another's. */
const useUnder = (): string | undefined => {
  const { alertId } = useParams({ strict: false });
  const { pathname } = useLocation();
  if (alertId !== undefined) return "/dashboard/alerts";
  return pathname.startsWith("/dashboard/alerts/maintenance")
    ? "/dashboard/alerts/silences"
    : undefined;
};

/** The pages of the section; each has its own address. */
export const AlertTabs = () => {
  const under = useUnder();
  const nav = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // On a phone the tabs are wider than the screen, and the one that is open may stand outside of it.
    const open = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current !== null && open !== null && open !== undefined)
      nav.current.scrollLeft = open.offsetLeft - nav.current.clientWidth / 2;
  }, [under]);
  return (
    <nav ref={nav} className={table["tabs"]} aria-label="Alerting">
      {TABS.map(({ to, word, exact }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact, includeSearch: false }}
          className={table["tab"]}
          {...(under === to && { "aria-current": "page" as const })}
        >
          {word}
        </Link>
      ))}
    </nav>
  );
};
