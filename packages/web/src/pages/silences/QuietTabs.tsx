import { Link } from "@tanstack/react-router";

import table from "../../ui/table.module.css";

const PAGES = [
  { to: "/dashboard/alerts/silences", word: "Silences" },
  { to: "/dashboard/alerts/maintenance", word: "Maintenance" },
] as const;

/** The two ways to keep alerts quiet: by hand for a while, and planned. */
export const QuietTabs = () => (
  <nav className={table["facets"]} aria-label="Ways to keep alerts quiet">
    {PAGES.map(({ to, word }) => (
      <Link
        key={to}
        to={to}
        activeOptions={{ exact: true, includeSearch: false }}
        className={table["facet"]}
      >
        {word}
      </Link>
    ))}
  </nav>
);
