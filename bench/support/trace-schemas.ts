/**
 * Schemas that others publish for spans in ClickHouse, each filled from our own table, so that all hold the same. Taken down
 * in our words from their documents: https://clickhouse.com/docs/use-cases/observability/clickstack/ingesting-data/schemas
 * and https://signoz.io/docs/userguide/writing-clickhouse-traces-query/
 */
export interface TraceSchema {
  name: string;
  /** Statements that make the tables of the database. */
  create: readonly string[];
  /** What is read of `own.spans`. */
  fill: string;
  traceById: (traceId: string) => string;
  newest: (service: string, hourEnd: string) => string;
  p99: string;
}

const MAP = "Map(LowCardinality(String), String) CODEC(ZSTD(1))";
const ATTRIBUTES = "mapConcat(attrs, mapApply((k, v) -> (k, toString(v)), attrs_num))";

const clickStack: TraceSchema = {
  name: "clickstack",
  create: [
    `CREATE TABLE clickstack.otel_traces (
      Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)), TraceId String CODEC(ZSTD(1)), SpanId String CODEC(ZSTD(1)),
      ParentSpanId String CODEC(ZSTD(1)), TraceState String CODEC(ZSTD(1)), SpanName LowCardinality(String) CODEC(ZSTD(1)),
      SpanKind LowCardinality(String) CODEC(ZSTD(1)), ServiceName LowCardinality(String) CODEC(ZSTD(1)),
      ResourceAttributes ${MAP}, ScopeName String CODEC(ZSTD(1)), ScopeVersion String CODEC(ZSTD(1)), SpanAttributes ${MAP},
      Duration UInt64 CODEC(ZSTD(1)), StatusCode LowCardinality(String) CODEC(ZSTD(1)), StatusMessage String CODEC(ZSTD(1)),
      Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
      Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
      INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
      INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
      INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
      INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
      INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
      INDEX idx_duration Duration TYPE minmax GRANULARITY 1
    ) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))`,
    `CREATE TABLE clickstack.otel_traces_trace_id_ts (
      TraceId String CODEC(ZSTD(1)), Start DateTime CODEC(Delta, ZSTD(1)), End DateTime CODEC(Delta, ZSTD(1)),
      INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
    ) ENGINE = MergeTree PARTITION BY toDate(Start) ORDER BY (TraceId, Start)`,
    `CREATE MATERIALIZED VIEW clickstack.otel_traces_trace_id_ts_mv TO clickstack.otel_traces_trace_id_ts AS
      SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM clickstack.otel_traces WHERE TraceId != '' GROUP BY TraceId`,
  ],
  fill: `INSERT INTO clickstack.otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, TraceState, SpanName, SpanKind, ServiceName,
      ResourceAttributes, ScopeName, SpanAttributes, Duration, StatusCode, StatusMessage)
    SELECT ts, trace_id, span_id, parent_span_id, trace_state, name, ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'][kind + 1],
      service, resource, scope, ${ATTRIBUTES}, duration_ns, ['Unset', 'Ok', 'Error'][status + 1], status_message FROM own.spans`,
  traceById: (id) =>
    `SELECT * FROM clickstack.otel_traces WHERE TraceId = '${id}'
      AND Timestamp >= (SELECT min(Start) FROM clickstack.otel_traces_trace_id_ts WHERE TraceId = '${id}')
      AND Timestamp <= (SELECT max(End) + 1 FROM clickstack.otel_traces_trace_id_ts WHERE TraceId = '${id}')`,
  newest: (service, end) =>
    `SELECT * FROM clickstack.otel_traces WHERE ServiceName = '${service}' AND Timestamp > toDateTime64('${end}', 9) - INTERVAL 1 HOUR ORDER BY Timestamp DESC LIMIT 100`,
  p99: "SELECT SpanName, count(), quantile(0.99)(Duration) FROM clickstack.otel_traces GROUP BY SpanName",
};

const signoz: TraceSchema = {
  name: "signoz",
  create: [
    `CREATE TABLE signoz.signoz_index_v3 (
      ts_bucket_start UInt64 CODEC(DoubleDelta, LZ4), resource_fingerprint String CODEC(ZSTD(1)), timestamp DateTime64(9) CODEC(DoubleDelta, LZ4),
      trace_id FixedString(32) CODEC(ZSTD(1)), span_id String CODEC(ZSTD(1)), trace_state String CODEC(ZSTD(1)), parent_span_id String CODEC(ZSTD(1)),
      flags UInt32 CODEC(T64, ZSTD(1)), name LowCardinality(String) CODEC(ZSTD(1)), kind Int8 CODEC(T64, ZSTD(1)), kind_string String CODEC(ZSTD(1)),
      duration_nano UInt64 CODEC(T64, ZSTD(1)), status_code Int16 CODEC(T64, ZSTD(1)), status_message String CODEC(ZSTD(1)), status_code_string String CODEC(ZSTD(1)),
      attributes_string ${MAP}, attributes_number Map(LowCardinality(String), Float64) CODEC(ZSTD(1)), attributes_bool Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
      resources_string ${MAP}, events Array(String) CODEC(ZSTD(2)), links String CODEC(ZSTD(1)),
      response_status_code LowCardinality(String) CODEC(ZSTD(1)), external_http_url LowCardinality(String) CODEC(ZSTD(1)), http_url LowCardinality(String) CODEC(ZSTD(1)),
      external_http_method LowCardinality(String) CODEC(ZSTD(1)), http_method LowCardinality(String) CODEC(ZSTD(1)), http_host LowCardinality(String) CODEC(ZSTD(1)),
      db_name LowCardinality(String) CODEC(ZSTD(1)), db_operation LowCardinality(String) CODEC(ZSTD(1)), has_error Bool CODEC(T64, ZSTD(1)), is_remote LowCardinality(String) CODEC(ZSTD(1)),
      \`resource_string_service$$name\` LowCardinality(String) DEFAULT resources_string['service.name'] CODEC(ZSTD(1)),
      INDEX idx_trace_id trace_id TYPE tokenbf_v1(10000, 5, 0) GRANULARITY 1, INDEX idx_span_id span_id TYPE tokenbf_v1(5000, 5, 0) GRANULARITY 1,
      INDEX idx_duration duration_nano TYPE minmax GRANULARITY 1, INDEX idx_name name TYPE ngrambf_v1(4, 5000, 2, 0) GRANULARITY 1, INDEX idx_kind kind TYPE minmax GRANULARITY 4,
      INDEX attributes_string_idx_key mapKeys(attributes_string) TYPE tokenbf_v1(1024, 2, 0) GRANULARITY 1,
      INDEX attributes_string_idx_val mapValues(attributes_string) TYPE ngrambf_v1(4, 5000, 2, 0) GRANULARITY 1,
      INDEX attributes_number_idx_key mapKeys(attributes_number) TYPE tokenbf_v1(1024, 2, 0) GRANULARITY 1,
      INDEX attributes_number_idx_val mapValues(attributes_number) TYPE bloom_filter GRANULARITY 1,
      INDEX resources_string_idx_key mapKeys(resources_string) TYPE tokenbf_v1(1024, 2, 0) GRANULARITY 1,
      INDEX resources_string_idx_val mapValues(resources_string) TYPE ngrambf_v1(4, 5000, 2, 0) GRANULARITY 1
    ) ENGINE = MergeTree PARTITION BY toDate(timestamp) ORDER BY (ts_bucket_start, resource_fingerprint, has_error, name, timestamp)`,
    `CREATE TABLE signoz.trace_summary (
      trace_id String CODEC(ZSTD(1)), start SimpleAggregateFunction(min, DateTime64(9)) CODEC(ZSTD(1)), end SimpleAggregateFunction(max, DateTime64(9)) CODEC(ZSTD(1)),
      num_spans SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
    ) ENGINE = AggregatingMergeTree PARTITION BY toDate(end) ORDER BY trace_id`,
    `CREATE MATERIALIZED VIEW signoz.trace_summary_mv TO signoz.trace_summary AS
      SELECT trace_id, min(timestamp) AS start, max(timestamp) AS end, toUInt64(count()) AS num_spans FROM signoz.signoz_index_v3 GROUP BY trace_id`,
  ],
  fill: `INSERT INTO signoz.signoz_index_v3 (ts_bucket_start, resource_fingerprint, timestamp, trace_id, span_id, trace_state, parent_span_id, name, kind, kind_string,
      duration_nano, status_code, status_message, status_code_string, attributes_string, attributes_number, resources_string, response_status_code, http_method,
      external_http_url, http_host, has_error, is_remote)
    SELECT intDiv(toUnixTimestamp(ts), 1800) * 1800, concat('service.name=', service, ';hash=', toString(cityHash64(toString(resource)))), ts, trace_id, span_id, trace_state,
      parent_span_id, name, kind, ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'][kind + 1], duration_ns, status, status_message,
      ['Unset', 'Ok', 'Error'][status + 1], attrs, attrs_num, resource, toString(attrs_num['http.response.status_code']), attrs['http.request.method'], attrs['url.full'],
      attrs['server.address'], status = 2, 'unknown' FROM own.spans`,
  traceById: (id) =>
    `SELECT * FROM signoz.signoz_index_v3 WHERE trace_id = '${id}'
      AND ts_bucket_start >= (SELECT toUnixTimestamp(min(start)) - 1800 FROM signoz.trace_summary WHERE trace_id = '${id}')
      AND ts_bucket_start <= (SELECT toUnixTimestamp(max(end)) FROM signoz.trace_summary WHERE trace_id = '${id}')`,
  newest: (service, end) =>
    `SELECT * FROM signoz.signoz_index_v3 WHERE ts_bucket_start >= toUnixTimestamp('${end}') - 5400 AND resource_fingerprint LIKE 'service.name=${service};%'
      AND timestamp > toDateTime64('${end}', 9) - INTERVAL 1 HOUR ORDER BY timestamp DESC LIMIT 100`,
  p99: "SELECT name, count(), quantile(0.99)(duration_nano) FROM signoz.signoz_index_v3 GROUP BY name",
};

export const PEER_SCHEMAS: readonly TraceSchema[] = [clickStack, signoz];
