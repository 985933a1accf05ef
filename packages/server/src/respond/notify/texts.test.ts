import { describe, expect, it } from "vitest";

import { createTemplates } from "../templates/index.ts";
import type { ChannelTemplates } from "./channel.ts";
import { firingAlert, sampleNotification } from "./test-peers.ts";
import { withShortValues } from "./short-values.ts";
import { Texts } from "./texts.ts";

const templates = createTemplates([]);
const textsOf = (notification = sampleNotification(), isStrict = false): Texts =>
  new Texts(templates, notification, isStrict);

const withName = (alertname: string) => sampleNotification({ commonLabels: { alertname } });

const LIST = '{{ template "discord.default.message" . }}';

describe("the texts of a notification", () => {
  it("are as long as they may be, and say when something was cut off", () => {
    const texts = textsOf(withName("0123456789"));
    expect(texts.plain("{{ .CommonLabels.alertname }}", 10)).toBe("0123456789");
    expect(texts.isShortened).toBe(false);
    expect(texts.plain("{{ .CommonLabels.alertname }}", 9)).toBe("01234567…");
    expect(texts.isShortened).toBe(true);
  });

  it("take an ellipsis that the template wrote for what it is", () => {
    const texts = textsOf();
    expect(texts.plain("and so on…", 20)).toBe("and so on…");
    expect(texts.isShortened).toBe(false);
  });

  it.each(["plain", "bytes", "line"] as const)(
    "are made of ten thousand alerts without looking at most of them: %s",
    (kind) => {
      const labels = (i: number) => ({ alertname: "A", instance: `host-${i}` });
      const alerts = Array.from({ length: 10_000 }, (_, i) => firingAlert(labels(i)));
      const notification = sampleNotification({ alerts });
      let values = 0;
      const counting: ChannelTemplates = {
        ...templates,
        text: (template, about, maxLength) =>
          templates.escaped(template, about, (value) => (values++, value), maxLength),
      };
      const text = new Texts(counting, notification, false)[kind](LIST, 4096);
      expect(text).toContain("host-9");
      expect(text.length).toBeLessThanOrEqual(4096);
      expect(values).toBeGreaterThan(10);
      expect(values).toBeLessThan(2000);
    },
  );

  it("tell whether HTML is whole", () => {
    expect(textsOf(withName("<b>")).html("<i>{{ .CommonLabels.alertname }}</i>", 100)).toEqual({
      html: "<i>&lt;b&gt;</i>",
      isWhole: true,
    });
    const long = textsOf(withName("x".repeat(10_000)));
    expect(long.html("<i>{{ .CommonLabels.alertname }}</i>", 100).isWhole).toBe(false);
  });

  it("escape a value that was cut in the middle", () => {
    const texts = textsOf(withName("*".repeat(10_000)));
    const text = texts.markdown("a {{ .CommonLabels.alertname }}", "discord", 100);
    expect(text).toMatch(/^a (?:\\\*)+\\?…$/);
  });

  it.each(["{{ nofunction }}", "{{ .Nowhere.Nothing }}", '{{ template "nowhere" . }}', "{{"])(
    "say what is wrong with %j, and of what they would have told",
    (template) => {
      const text = textsOf().plain(template, 4096);
      expect(text).toMatch(/^\[FIRING\] 1 alerts for ops\nalertname=QueueTooLong\n/);
      expect(text).toContain("template of this channel is wrong");
      expect(() => textsOf(undefined, true).plain(template, 4096)).toThrow("template");
    },
  );

  it("escape labels also where the template is wrong", () => {
    const texts = textsOf(withName("<b>*x*</b>"));
    expect(texts.html("{{", 4096).html).toContain("&lt;b&gt;*x*&lt;/b&gt;<br>");
    expect(texts.markdown("{{", "discord", 4096)).toContain("\\<b\\>\\*x\\*\\</b\\>");
  });

  it.each([
    ["https://a.example/x?y=1#z", "https://a.example/x?y=1#z"],
    ["javascript:alert(1)", undefined],
    ["/relative", undefined],
    [`https://a.example/${"x".repeat(2000)}`, undefined],
    ["", undefined],
  ])("take %j for the link %j", (url, expected) => {
    expect(textsOf(sampleNotification({ externalUrl: url })).url("{{ .ExternalURL }}")).toBe(
      expected,
    );
  });
});

describe("values", () => {
  const long = "x".repeat(20_000);

  it("stay as they are, in the same object, when they are short", () => {
    const notification = sampleNotification();
    expect(withShortValues(notification)).toBe(notification);
  });

  it.each([
    ["alerts", { alerts: [firingAlert({ a: long, b: "short" })] }],
    ["annotations", { alerts: [firingAlert({}, { annotations: { a: long, b: "short" } })] }],
    ["group labels", { groupLabels: { a: long, b: "short" } }],
    ["common labels", { commonLabels: { a: long, b: "short" } }],
    ["common annotations", { commonAnnotations: { a: long, b: "short" } }],
  ])("of %s are cut when they are longer than anybody reads", (_where, rest) => {
    const notification = sampleNotification(rest);
    const before = JSON.stringify(notification);
    const short = JSON.stringify(withShortValues(notification));
    expect(short).toContain(`${"x".repeat(16_384)}…"`);
    expect(short).toContain('"short"');
    expect(JSON.stringify(notification)).toBe(before);
  });
});
