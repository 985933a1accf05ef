import { Link } from "@tanstack/react-router";

import table from "../../ui/table.module.css";

/** The lists about agents. */
export const AgentTabs = () => (
  <nav className={table["tabs"]} aria-label="About agents">
    <Link
      to="/dashboard/agents"
      className={table["tab"]}
      activeOptions={{ exact: true, includeSearch: false }}
    >
      Agents
    </Link>
    <Link
      to="/dashboard/workflows"
      className={table["tab"]}
      activeOptions={{ exact: true, includeSearch: false }}
    >
      Workflows
    </Link>
    <Link
      to="/dashboard/conversations"
      className={table["tab"]}
      activeOptions={{ exact: true, includeSearch: false }}
    >
      Conversations
    </Link>
  </nav>
);
