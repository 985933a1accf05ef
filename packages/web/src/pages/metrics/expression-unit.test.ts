import { expect, test } from "vitest";

import { unitOfExpression } from "./expression-unit.ts";

test.each([
  ["up", "none"],
  ["process_resident_memory_bytes", "bytes"],
  ['process_resident_memory_bytes{job="a_seconds"}', "bytes"],
  ["sum by (job_bytes) (process_cpu_seconds_total)", "seconds"],
  ["rate(process_cpu_seconds_total[5m])", "ratio"],
  ["sum(rate(http_requests_total[5m]))", "per_second"],
  ["rate(node_network_receive_bytes_total[5m])", "bytes_per_second"],
  ["count(process_resident_memory_bytes)", "none"],
  [
    "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
    "seconds",
  ],
  ["rate(a_seconds_sum[5m]) / rate(a_seconds_count[5m])", "seconds"],
  ["rate(errors_total[5m]) / rate(requests_total[5m])", "none"],
  ["a_bytes / b_bytes", "none"],
  ["a_bytes + b_seconds", "none"],
  ["a_bytes - b_bytes", "bytes"],
  ["rate(latency_seconds_count[5m])", "per_second"],
  ["a_bytes > bool 5", "none"],
  ["", "none"],
])("the unit of %s is %s", (expression, expected) => {
  expect(unitOfExpression(expression)).toBe(expected);
});
