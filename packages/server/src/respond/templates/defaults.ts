import { EMAIL_TEMPLATES } from "./email.ts";

/**
 * The definitions that every configuration may use, under the names and with the output of Alertmanager's, so that templates
 * written for it go on working. What is said to people is put together from a few parts with names of our own.
 */
const PARTS = `
{{ define "__alertmanager" }}Alertmanager{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}{{ end }}
{{ define "__description" }}{{ end }}

{{ define "__subject" -}}
  {{- $firing := len .Alerts.Firing -}}
  [{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ $firing }}{{ end }}]
  {{- print " " (join " " .GroupLabels.Values) " " -}}
  {{- if lt (len .GroupLabels) (len .CommonLabels) -}}
    ({{ join " " (.CommonLabels.Remove .GroupLabels.Names).Values }})
  {{- end -}}
{{ end }}

{{ define "__text_pairs" }}{{ range .SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}{{ end }}

{{ define "__text_alert_list" }}{{ range . }}Labels:
{{ template "__text_pairs" .Labels }}Annotations:
{{ template "__text_pairs" .Annotations }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}

{{ define "__markdown_pairs" }}{{ range .SortedPairs }}  - {{ .Name }} = {{ .Value }}
{{ end }}{{ end }}

{{ define "__text_alert_list_markdown" }}{{ range . }}
Labels:
{{ template "__markdown_pairs" .Labels }}
Annotations:
{{ template "__markdown_pairs" .Annotations }}
Source: {{ .GeneratorURL }}
{{ end }}{{ print "\\n" }}{{ end }}

{{ define "__annotations" }}{{ .CommonAnnotations.Values | join " " }}{{ end }}

{{ define "__close_lists" }}
{{ with .Alerts.Firing }}Alerts Firing:
{{ template "__text_alert_list" . }}{{ end }}
{{ with .Alerts.Resolved }}Alerts Resolved:
{{ template "__text_alert_list" . }}{{ end }}{{ end }}

{{ define "__wide_lists" }}
{{ with .Alerts.Firing }}
Alerts Firing:
{{ template "__text_alert_list" . }}
{{ end }}
{{ with .Alerts.Resolved }}
Alerts Resolved:
{{ template "__text_alert_list" . }}
{{ end }}
{{ end }}

{{ define "__markdown_lists" }}
{{ with .Alerts.Firing }}
# Alerts Firing:
{{ template "__text_alert_list_markdown" . }}
{{ end }}
{{ with .Alerts.Resolved }}
# Alerts Resolved:
{{ template "__text_alert_list_markdown" . }}
{{ end }}
{{ end }}
`;

/** Definitions that only stand for a part. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  __subject: [
    "slack.default.title",
    "pagerduty.default.description",
    "opsgenie.default.message",
    "victorops.default.entity_display_name",
    "pushover.default.title",
    "sns.default.subject",
    "email.default.subject",
    "discord.default.title",
    "msteams.default.summary",
    "msteams.default.title",
    "msteamsv2.default.title",
    "jira.default.summary",
    "rocketchat.default.title",
    "mattermost.default.title",
    "incidentio.default.title",
  ],
  __alertmanager: [
    "slack.default.username",
    "pagerduty.default.client",
    "victorops.default.monitoring_tool",
  ],
  __alertmanagerURL: [
    "slack.default.titlelink",
    "pagerduty.default.clientURL",
    "opsgenie.default.source",
    "pushover.default.url",
    "msteamsv2.default.titlelink",
    "rocketchat.default.titlelink",
    "mattermost.default.titlelink",
  ],
  __wide_lists: [
    "telegram.default.message",
    "discord.default.message",
    "rocketchat.default.text",
    "mattermost.default.text",
    "incidentio.default.description",
  ],
  __markdown_lists: ["msteams.default.text", "msteamsv2.default.text", "jira.default.description"],
};

const EMPTY = [
  "slack.default.callbackid",
  "slack.default.pretext",
  "slack.default.iconemoji",
  "slack.default.iconurl",
  "slack.default.text",
  "slack.default.footer",
  "wechat.default.to_user",
  "wechat.default.to_party",
  "wechat.default.to_tag",
  "wechat.default.agent_id",
  "rocketchat.default.alias",
  "rocketchat.default.iconurl",
  "rocketchat.default.emoji",
];

const COMPOSED = `
{{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
{{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
{{ define "opsgenie.default.description" }}{{ template "__annotations" . }}{{ template "__close_lists" . }}{{ end }}
{{ define "victorops.default.state_message" }}{{ template "__annotations" . }}{{ template "__close_lists" . }}{{ end }}
{{ define "wechat.default.message" }}{{ template "__subject" . }}
{{ template "__annotations" . }}{{ template "__close_lists" . }}
AlertmanagerUrl:
{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pushover.default.message" }}{{ template "__annotations" . }}{{ template "__wide_lists" . }}{{ end }}
{{ define "sns.default.message" }}{{ template "__annotations" . }}{{ template "__wide_lists" . }}{{ end }}
{{ define "webex.default.message" }}{{ template "__annotations" . }}{{ template "__wide_lists" . }}{{ end }}
{{ define "jira.default.priority" -}}
  {{- $priority := "" -}}
  {{- range .Alerts.Firing -}}
    {{- if eq .Labels.severity "critical" }}{{ $priority = "High" }}{{ break }}{{ end -}}
    {{- if eq .Labels.severity "warning" }}{{ $priority = "Medium" }}
    {{- else if and (eq .Labels.severity "info") (eq $priority "") }}{{ $priority = "Low" }}{{ end -}}
  {{- end -}}
  {{- $priority -}}
{{ end }}
`;

const alias = (name: string, target: string): string =>
  `{{ define "${name}" }}{{ template "${target}" . }}{{ end }}\n`;

export const DEFAULT_TEMPLATES: string = [
  PARTS,
  ...Object.entries(ALIASES).flatMap(([target, names]) => names.map((name) => alias(name, target))),
  ...EMPTY.map((name) => `{{ define "${name}" }}{{ end }}\n`),
  COMPOSED,
  EMAIL_TEMPLATES,
].join("");
