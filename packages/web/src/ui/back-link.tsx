import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import classes from "./back-link.module.css";

/** Lists with things that have a place of their own. */
export type ListPath =
  | "/dashboard/agents"
  | "/dashboard/conversations"
  | "/dashboard/runs"
  | "/dashboard/services"
  | "/dashboard/alerts"
  | "/dashboard/alerts/rules"
  | "/dashboard/alerts/silences"
  | "/dashboard/alerts/maintenance"
  | "/dashboard/alerts/incidents"
  | "/dashboard/alerts/routing"
  | "/dashboard/alerts/on-call"
  | "/dashboard/coordination"
  | "/dashboard/coordination/budgets"
  | "/dashboard/explore";

interface BackLinkProps {
  to: ListPath;
  children: ReactNode;
}

/** The way up from one thing to the list it belongs to. */
export const BackLink = ({ to, children }: BackLinkProps) => (
  <Link to={to} className={classes["back"]}>
    <IconArrowLeft size={14} aria-hidden />
    {children}
  </Link>
);
