import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { answerApiError } from "./errors.ts";
import { exemplarRoutes } from "./exemplars.ts";
import { federateRoutes } from "./federate.ts";
import { expressionRoutes, queryRoutes } from "./query.ts";
import { readRoutes } from "./read.ts";
import { ruleGroupRoutes } from "./rules.ts";
import { seriesRoutes } from "./series.ts";
import { statusRoutes } from "./status.ts";
import { metadataRoutes, targetRoutes } from "./targets.ts";

type Done = (error: Error | null, value?: unknown) => void;

/** Prometheus' HTTP API: its parameters, forms in bodies, and its shape of errors. */
export function prometheusRoutes(app: App, doors: Doors): void {
  void app.register(async (plugin) => {
    const scope = plugin as unknown as App;
    scope.setErrorHandler(answerApiError);
    scope.removeContentTypeParser("application/x-www-form-urlencoded");
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string" },
      (_request, body: string, done: Done) => done(null, body),
    );
    for (const add of [
      queryRoutes,
      expressionRoutes,
      exemplarRoutes,
      seriesRoutes,
      targetRoutes,
      metadataRoutes,
      ruleGroupRoutes,
      statusRoutes,
      federateRoutes,
      readRoutes,
    ])
      add(scope, doors);
  });
}
