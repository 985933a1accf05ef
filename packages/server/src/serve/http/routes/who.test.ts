import type { EventList, IncidentDetail } from "@fleetlight/contract";
import { expect, it } from "vitest";

import { startServer } from "#app";
import { hashToken } from "#config";

import { ask, makeSite, until } from "../../fixture.ts";

it("changes need a token that may write, whose name is recorded", async () => {
  const guarded = makeSite({
    auth: {
      tokens: [
        { name: "pager", token_sha256: hashToken("wwww"), scopes: ["write"] },
        { name: "screen", token_sha256: hashToken("rrrr"), scopes: ["read"] },
      ],
    },
  });
  const other = await startServer(guarded);
  try {
    const made = (token: string) =>
      ask<IncidentDetail>(`${other.url}/api/v1/incidents`, {
        json: { title: "T", severity: "low" },
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await made("rrrr")).status).toBe(403);
    const { body } = await made("wwww");
    const events = await until(
      () =>
        ask<EventList>(`${other.url}/api/v1/events?limit=100`, {
          headers: { authorization: "Bearer rrrr" },
        }),
      (answer) => answer.body.events.some(({ type }) => type === "audit.incident.created"),
    );
    expect(events.body.events.find(({ type }) => type === "audit.incident.created")).toMatchObject({
      attributes: { id: body.id, by: "pager", token: "pager" },
    });
  } finally {
    await other.stop();
    guarded.remove();
  }
});
