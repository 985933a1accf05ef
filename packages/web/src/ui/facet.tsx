import type { ReactNode } from "react";

import { formatCount } from "../format/units.ts";
import classes from "./table.module.css";

interface FacetProps {
  on: boolean;
  count?: number;
  icon?: ReactNode;
  onToggle: () => void;
  children: ReactNode;
}

/** A filter that is on or off, with how many rows it would leave. */
export const Facet = ({ on, count, icon, onToggle, children }: FacetProps) => (
  <button type="button" className={classes["facet"]} aria-pressed={on} onClick={onToggle}>
    {icon}
    {children}
    {count !== undefined && <span className={classes["count"]}>{formatCount(count)}</span>}
  </button>
);
