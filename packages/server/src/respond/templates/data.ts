import {
  GoMap,
  GoSlice,
  GoStruct,
  GoTime,
  strings,
  STRINGS,
  stringsOf,
  type GoFunction,
  type Value,
} from "#lib";

import type { Notification, NotifiedAlert } from "../types.ts";

const ALERT_NAME = "alertname";
const NO_FIELDS: ReadonlyMap<string, Value> = new Map();
const method = (call: () => Value): GoFunction => ({ parameters: [], call });

/** A label or annotation. A notification has many: no map for each of them. */
class Pair extends GoStruct {
  private readonly name: string;
  private readonly value: string;

  constructor(name: string, value: string) {
    super("template.Pair", NO_FIELDS);
    this.name = name;
    this.value = value;
  }

  override get fields(): ReadonlyMap<string, Value> {
    return new Map([
      ["Name", this.name],
      ["Value", this.value],
    ]);
  }

  override field(name: string): { found: boolean; value: Value } {
    if (name === "Name") return { found: true, value: this.name };
    if (name === "Value") return { found: true, value: this.value };
    return { found: false, value: undefined };
  }

  override text(): undefined {
    return undefined;
  }

  get written(): string {
    return `${this.name}=${this.value}`;
  }
}

/** Labels or annotations in order. */
class Pairs extends GoSlice {
  constructor(items: readonly Pair[]) {
    super(items, "template.Pairs");
  }

  override method(name: string): GoFunction | undefined {
    const column = (field: string) =>
      strings((this.items as readonly Pair[]).map((pair) => String(pair.field(field).value)));
    if (name === "Names") return method(() => column("Name"));
    if (name === "Values") return method(() => column("Value"));
    return name === "String" ? method(() => this.text()) : undefined;
  }

  override text(): string {
    return (this.items as readonly Pair[]).map((pair) => pair.written).join(", ");
  }
}

/** Labels or annotations, with what templates can ask of them. */
class KeyValues extends GoMap {
  constructor(entries: ReadonlyMap<string, string>) {
    super(entries, { typeName: "template.KV", zero: "" });
  }

  /** The alert's name first, then by name. */
  private pairs(): Pairs {
    const names = this.sortedKeys().filter((name) => name !== ALERT_NAME);
    if (this.entries.has(ALERT_NAME)) names.unshift(ALERT_NAME);
    return new Pairs(names.map((name) => new Pair(name, String(this.get(name)))));
  }

  override method(name: string): GoFunction | undefined {
    switch (name) {
      case "SortedPairs":
        return method(() => this.pairs());
      case "Names":
      case "Values":
      case "String":
        return this.pairs().method(name);
      case "Remove":
        return { parameters: [STRINGS], call: ([names]) => this.without(stringsOf(names)) };
      default:
        return undefined;
    }
  }

  private without(names: readonly string[]): KeyValues {
    const gone = new Set(names);
    const left = [...this.entries].filter(([name]) => !gone.has(name));
    return new KeyValues(new Map(left.map(([name, value]) => [name, String(value)])));
  }

  override text(): string {
    return this.pairs().text();
  }
}

const keyValuesOf = (record: Readonly<Record<string, string>>): KeyValues =>
  new KeyValues(new Map(Object.entries(record)));

const ZERO_TIME = "0001-01-01T00:00:00Z";
const timeOf = (text: string): GoTime =>
  GoTime.parse(text) ?? GoTime.parse(ZERO_TIME) ?? GoTime.ofMs(0);

const fieldsOf = (alert: NotifiedAlert): ReadonlyMap<string, Value> =>
  new Map<string, Value>([
    ["Status", alert.status],
    ["Labels", keyValuesOf(alert.labels)],
    ["Annotations", keyValuesOf(alert.annotations)],
    ["StartsAt", timeOf(alert.startsAt)],
    ["EndsAt", timeOf(alert.endsAt)],
    ["GeneratorURL", alert.generatorURL],
    ["Fingerprint", alert.fingerprint],
  ]);

/** One alert. Of ten thousand most are only counted, so its fields are made when somebody asks for one. */
class AlertStruct extends GoStruct {
  readonly alert: NotifiedAlert;
  private made: ReadonlyMap<string, Value> | undefined;

  constructor(alert: NotifiedAlert) {
    super("template.Alert", NO_FIELDS);
    this.alert = alert;
  }

  override get fields(): ReadonlyMap<string, Value> {
    this.made ??= fieldsOf(this.alert);
    return this.made;
  }

  override field(name: string): { found: boolean; value: Value } {
    return { found: this.fields.has(name), value: this.fields.get(name) };
  }
}

function alertsOf(alerts: readonly NotifiedAlert[]): GoSlice {
  const items = alerts.map((alert) => new AlertStruct(alert));
  const having = (status: string) =>
    method(
      () =>
        new GoSlice(
          items.filter(({ alert }) => alert.status === status),
          "[]template.Alert",
        ),
    );
  const methods = new Map([
    ["Firing", having("firing")],
    ["Resolved", having("resolved")],
  ]);
  return new GoSlice(items, "template.Alerts", methods);
}

/** The receiver's name as a regular expression that matches it, which is what links with it need. */
const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);

const made = new WeakMap<Notification, GoStruct>();

/** A notification as templates see it, in Alertmanager's names. */
export function templateData(notification: Notification): GoStruct {
  const known = made.get(notification);
  if (known !== undefined) return known;
  const data = new GoStruct(
    "*template.Data",
    new Map<string, Value>([
      ["Receiver", quoteMeta(notification.receiver)],
      ["Status", notification.status],
      ["Alerts", alertsOf(notification.alerts)],
      ["GroupLabels", keyValuesOf(notification.groupLabels)],
      ["CommonLabels", keyValuesOf(notification.commonLabels)],
      ["CommonAnnotations", keyValuesOf(notification.commonAnnotations)],
      ["ExternalURL", notification.externalUrl],
    ]),
  );
  made.set(notification, data);
  return data;
}
