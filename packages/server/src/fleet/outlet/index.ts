export { EventTeller } from "./event-teller.ts";
export { TenantPages } from "./tenant-pages.ts";
