import { expect, it } from "vitest";

import { alertmanagerLink } from "./alertmanager-link.ts";

it.each([
  ["#/alerts", "/dashboard/alerts"],
  ["#/alerts?receiver=team%2Fx", "/dashboard/alerts?receiver=team%2Fx"],
  [
    "#/alerts?silenced=false&filter=%7Bseverity%3D%22critical%22%7D",
    "/dashboard/alerts?q=severity%3D%22critical%22",
  ],
  ["#/silences", "/dashboard/alerts/silences"],
  ["#/status", "/dashboard/alerts/routing"],
])("%s of Alertmanager's console leads to %s", (hash, path) => {
  expect(alertmanagerLink(hash)).toBe(path);
});

it.each(["", "#", "#top", "#//evil.example/alerts", "#/alertsx"])("%j is none", (hash) => {
  expect(alertmanagerLink(hash)).toBeUndefined();
});
