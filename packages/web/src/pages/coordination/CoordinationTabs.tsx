import { Link } from "@tanstack/react-router";

import table from "../../ui/table.module.css";

/** The pages of the section; each has its own address. */
export const CoordinationTabs = () => (
  <nav className={table["tabs"]} aria-label="Coordination">
    <Link
      to="/dashboard/coordination"
      activeOptions={{ exact: true, includeSearch: false }}
      className={table["tab"]}
    >
      Findings
    </Link>
    <Link
      to="/dashboard/coordination/budgets"
      activeOptions={{ exact: true, includeSearch: false }}
      className={table["tab"]}
    >
      Budgets and stops
    </Link>
  </nav>
);
