/** Configurations that send first samples to the Fleetlight behind `origin`. */
export const snippetsOf = (origin: string): { scrape: string; write: string; otlp: string } => ({
  scrape: `scrape_configs:
  - job_name: my-service
    scrape_interval: 15s
    static_configs:
      - targets: ["127.0.0.1:3000"]`,
  write: `remote_write:
  - url: ${origin}/api/v1/write`,
  otlp: `OTEL_METRICS_EXPORTER=otlp
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${origin}/v1/metrics`,
});
