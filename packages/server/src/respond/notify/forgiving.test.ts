import { describe, expect, it } from "vitest";

import { createTemplates } from "../templates/index.ts";
import { forgiving } from "./forgiving.ts";
import { sampleNotification } from "./test-peers.ts";

const templates = createTemplates([]);
const wrong = '{{ template "nowhere" . }}';

describe("templates for whoever waits for an alert", () => {
  const notification = sampleNotification({ commonLabels: { a: "<b>" } });
  const kind = forgiving(templates, notification);

  it("say what they say when they are right", () => {
    expect(kind.text("{{ .CommonLabels.a }}", notification)).toBe("<b>");
    expect(kind.html("{{ .CommonLabels.a }}", notification)).toBe("&lt;b&gt;");
    expect(kind.escaped("{{ .CommonLabels.a }}", notification, (text) => `(${text})`)).toBe(
      "(<b>)",
    );
  });

  it("say the labels and what is wrong when they are not", () => {
    expect(kind.text(wrong, notification)).toMatch(
      /^\[FIRING\] 1 alerts for ops\na=<b>\n.*nowhere/,
    );
    expect(kind.html(wrong, notification)).toMatch(/<br>a=&lt;b&gt;<br>/);
    expect(kind.escaped(wrong, notification, (text) => text.replaceAll("<", "!"))).toMatch(/a=!b>/);
  });

  it("show the error to who tests", () => {
    const test = sampleNotification({ reason: "test" });
    expect(() => forgiving(templates, test).text(wrong, test)).toThrow(/nowhere/);
  });
});
