import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type AnyValue = {
  stringValue?: string;
  intValue?: string;
  doubleValue?: number;
  boolValue?: boolean;
  arrayValue?: { values: AnyValue[] };
};
type KeyValue = { key: string; value: AnyValue };

/** A span as it arrived, with its attributes as an object. */
export type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code: number; message?: string };
  events?: { name: string; attributes: KeyValue[] }[];
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  scope: string;
};

type Wire = Omit<SentSpan, "attributes" | "resource" | "scope"> & { attributes: KeyValue[] };
type Request = {
  resourceSpans: {
    resource: { attributes: KeyValue[] };
    scopeSpans: { scope: { name: string }; spans: Wire[] }[];
  }[];
};

function plain(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plain);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

const objectOf = (list: KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));

const spansOf = (body: string): SentSpan[] =>
  (JSON.parse(body) as Request).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: objectOf(span.attributes),
        resource: objectOf(resource.attributes),
        scope: scope.name,
      })),
    ),
  );

export type Asked = {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
};

/** Answers what a test wants; everything else of `/v1/traces` is taken. */
type Route = (asked: Asked, response: ServerResponse) => boolean | void;

/** A real server that takes spans as Fleetlight does, and keeps them for a test to look at. */
export async function startCollector(route: Route = () => false) {
  const requests: Asked[] = [];
  const received: SentSpan[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const asked = { method, path: url, headers, body };
      requests.push(asked);
      if (route(asked, response) === true) return;
      if (url === "/v1/traces") received.push(...spansOf(body));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Every span that came, those that had not ended too, in the order in which they came. */
    received,
    ended: () => received.filter(({ endTimeUnixNano }) => endTimeUnixNano !== "0"),
    named: (name: string): SentSpan => {
      const found = received.findLast((one) => one.name === name);
      if (found === undefined) throw new Error(`no span ${name} came`);
      return found;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type Collector = Awaited<ReturnType<typeof startCollector>>;
