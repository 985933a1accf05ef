import { Link } from "@tanstack/react-router";

import table from "../../ui/table.module.css";

const TABS = [
  { to: "/dashboard/alerts", word: "Active", exact: true },
  { to: "/dashboard/alerts/history", word: "History", exact: true },
  { to: "/dashboard/alerts/rules", word: "Rules", exact: true },
] as const;

/** The three lists of the section; each has its own address. */
export const AlertTabs = () => (
  <nav className={table["tabs"]} aria-label="Lists of alerts">
    {TABS.map(({ to, word, exact }) => (
      <Link key={to} to={to} activeOptions={{ exact }} className={table["tab"]}>
        {word}
      </Link>
    ))}
  </nav>
);
