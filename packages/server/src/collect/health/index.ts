export { createHealthChecker, type HealthChecker, type HealthCheckerOptions } from "./checker.ts";
