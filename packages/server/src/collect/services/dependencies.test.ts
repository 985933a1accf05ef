import { ServiceRegistration } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { dependenciesOf } from "./dependencies.ts";

const service = (more: Record<string, unknown>) =>
  ServiceRegistration.parse({ id: "api", name: "API", url: "http://api.example", ...more });

describe("dependenciesOf", () => {
  it.each<[Record<string, unknown>, string[]]>([
    [{}, []],
    [{ dependencies: ["db"] }, ["db"]],
    [{ labels: { depends_on: "db, queue,,db" } }, ["db", "queue"]],
    [{ dependencies: ["db"], labels: { depends_on: "queue" } }, ["db", "queue"]],
  ])("of %j are %j", (more, expected) => {
    expect(dependenciesOf(service(more))).toEqual(expected);
  });

  it("has none for a service that nobody knows", () => {
    expect(dependenciesOf(undefined)).toEqual([]);
  });
});
