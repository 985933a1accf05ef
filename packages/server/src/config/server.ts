import { z } from "zod";

import { bytes, file, port, section, url } from "./fields.ts";

const MIB = 1024 ** 2;

export const server = section("Where the server listens and what it accepts from clients.", {
  host: z
    .string()
    .min(1)
    .max(255)
    .default("127.0.0.1")
    .describe(
      "Address to listen on; any other than a loopback address needs `auth.tokens` or `auth.mode: none`.",
    ),
  port: port().default(8051).describe("TCP port of the API and the console; 0 takes any free one."),
  dashboard_port: port().optional().describe("Second port on which the same console answers."),
  external_url: url("http", "https")
    .optional()
    .describe(
      "Where people reach this server, for links in notifications; made of host and port when left out.",
    ),
  route_prefix: z
    .string()
    .max(1024)
    .regex(/^(?:\/[\w.~-]+)*\/?$/, "expected a path such as /alerts")
    .optional()
    .describe("Path that stands before all others, when a proxy passes it on; none when left out."),
  workers: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe("Accepted for compatibility: one process serves everything, more are not started."),
  reload: z
    .boolean()
    .default(true)
    .describe(
      "Whether the configuration file is watched; SIGHUP and `POST /-/reload` work either way.",
    ),
  cors: section("Which web pages of other origins may call the API.", {
    origins: z
      .array(
        z
          .string()
          .max(2048)
          .refine(
            (text) => text === "*" || /^https?:\/\/[^/\s]+$/.test(text),
            "expected an origin such as https://example.org, or *",
          ),
      )
      .max(1000)
      .default([])
      .describe("Origins that are allowed, such as `https://example.org`, or `*` for every one."),
  }),
  rate_limit: section("How much one client may ask.", {
    requests_per_minute: z
      .int()
      .min(0)
      .max(100_000_000)
      .default(60_000)
      .describe("Requests per minute and client address; 0 is no limit."),
  }),
  body_limit_bytes: bytes({ min: 1024 })
    .prefault(10 * MIB)
    .describe("Largest request body that is read."),
  tls: z
    .strictObject({
      cert_file: file().describe("PEM file with the certificate and its chain."),
      key_file: file().describe("PEM file with the private key."),
    })
    .optional()
    .describe("Serve HTTPS with this certificate; HTTP when left out."),
});
