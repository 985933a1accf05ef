import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";

/** Remote read. */
export function readRoutes(_app: App, _doors: Doors): void {}
