import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { foreignSpanRoutes } from "./foreign-spans.ts";
import { logLinesRoute } from "./log-lines.ts";
import { otlpRoutes } from "./otlp.ts";
import { pushRoutes } from "./push.ts";
import { writeRoute } from "./write.ts";

/** Bodies stay bytes: their readers know what they are. */
function takeBytes(scope: App): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
}

/** What answers on a port of OTLP's own. */
export function otlpOnlyRoutes(app: App, doors: Doors): void {
  void app.register(async (scope) => {
    takeBytes(scope);
    otlpRoutes(scope, doors);
  });
}

/** Everything that brings metrics, spans and log lines: bodies stay bytes, and the general limit of requests a minute does not count them. */
export function ingestRoutes(app: App, doors: Doors): void {
  void app.register(async (scope) => {
    takeBytes(scope);
    writeRoute(scope, doors);
    otlpRoutes(scope, doors);
    pushRoutes(scope, doors);
    foreignSpanRoutes(scope, doors);
    logLinesRoute(scope, doors);
  });
}
