/**
 * The e-mail of a notification: one narrow column that every reader shows, no image and nothing loaded from elsewhere, the
 * subject again as a heading, and for each alert what happened, since when, and where to look.
 */

/** Alerts that one mail spells out for each of the two states. */
const MAX_ALERTS = 50;

const FONT =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const DIM = "color:#5b6472";
const CHIP =
  "display:inline-block;margin:0 6px 6px 0;padding:2px 8px;border-radius:4px;background:#eef1f5;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;line-height:18px;color:#27303f;word-break:break-all";
const LINK = "color:#1f6feb;text-decoration:underline";

/** Colour of an alert by its severity; what has ended is green. */
const COLOUR = `
{{- define "__email_colour" -}}
  {{- $severity := toLower .Labels.severity -}}
  {{- if eq .Status "resolved" }}#1a7f4b
  {{- else if match "^(warning|warn|medium|minor)$" $severity }}#b35900
  {{- else if match "^(info|information|low|none|notice)$" $severity }}#3d5a80
  {{- else }}#c4232b{{ end -}}
{{- end }}`;

const HEADLINE = `
{{ define "__email_headline" }}
  {{- with .Annotations.summary }}{{ . }}{{ else }}
  {{- with .Annotations.title }}{{ . }}{{ else }}
  {{- with .Labels.alertname }}{{ . }}{{ else }}Alert{{ end }}{{ end }}{{ end -}}
{{ end }}`;

const ALERT = `
{{ define "__email_alert" }}
<tr><td style="padding:0 0 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border:1px solid #dde2e9;border-left:4px solid {{ template "__email_colour" . }};border-radius:6px;background:#ffffff">
<tr><td style="padding:14px 16px 8px;${FONT};font-size:14px;line-height:20px;color:#161b22">
<div style="font-size:16px;line-height:22px;font-weight:600">{{ template "__email_headline" . }}</div>
<div style="padding:2px 0 8px;${DIM};font-size:13px">
{{- if eq .Status "resolved" }}Resolved {{ .EndsAt.UTC.Format "2 Jan 2006 15:04:05 MST" }}, after {{ humanizeDuration (.EndsAt.Sub .StartsAt) }}
{{- else }}Firing since {{ .StartsAt.UTC.Format "2 Jan 2006 15:04:05 MST" }}{{ end -}}
{{ with .Labels.severity }} &middot; {{ . }}{{ end }}</div>
{{ with .Annotations.description }}<div style="padding:0 0 10px;white-space:pre-line">{{ . }}</div>{{ end }}
{{ range (.Annotations.Remove (stringSlice "summary" "title" "description" "runbook_url" "dashboard_url")).SortedPairs -}}
<div style="padding:0 0 6px"><span style="${DIM}">{{ .Name }}:</span> {{ .Value }}</div>
{{ end -}}
<div style="padding:2px 0 4px">
{{- range .Labels.SortedPairs }}<span style="${CHIP}">{{ .Name }}={{ .Value }}</span>{{ end -}}
</div>
<div style="padding:0 0 6px;font-size:13px">
{{- with .Annotations.runbook_url }}<a href="{{ . }}" style="${LINK}">Runbook</a>&nbsp;&nbsp; {{ end -}}
{{- with .Annotations.dashboard_url }}<a href="{{ . }}" style="${LINK}">Dashboard</a>&nbsp;&nbsp; {{ end -}}
{{- with .GeneratorURL }}<a href="{{ . }}" style="${LINK}">Source</a>{{ end -}}
</div>
</td></tr></table>
</td></tr>
{{ end }}`;

const LIST = `
{{ define "__email_list" }}
{{ $count := len .alerts }}
<tr><td style="padding:8px 0 10px;${FONT};font-size:13px;line-height:18px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;${DIM}">{{ .title }} ({{ $count }})</td></tr>
{{ range $index, $alert := .alerts }}
{{ if ge $index ${MAX_ALERTS} }}
<tr><td style="padding:0 0 12px;${FONT};font-size:14px;${DIM}">The first ${MAX_ALERTS} of {{ $count }} are shown.</td></tr>
{{ break }}
{{ end }}
{{ template "__email_alert" $alert }}
{{ end }}
{{ end }}`;

const PAGE = `
{{ define "email.default.html" }}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{{ template "email.default.subject" . }}</title>
</head>
<body style="margin:0;padding:0;background:#f3f5f8">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f8">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px">
<tr><td style="padding:0 0 14px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-radius:6px;background:{{ if eq .Status "firing" }}#8f1d22{{ else }}#146c3f{{ end }}">
<tr><td style="padding:16px 18px;${FONT};font-size:18px;line-height:25px;font-weight:600;color:#ffffff;word-break:break-word">{{ template "email.default.subject" . }}</td></tr>
</table>
</td></tr>
{{ if .GroupLabels }}<tr><td style="padding:0 0 6px;${FONT}">
{{- range .GroupLabels.SortedPairs }}<span style="${CHIP}">{{ .Name }}={{ .Value }}</span>{{ end -}}
</td></tr>{{ end }}
<tr><td style="padding:2px 0 16px;${FONT};font-size:14px"><a href="{{ template "__alertmanagerURL" . }}" style="display:inline-block;padding:9px 18px;border-radius:6px;background:#1f6feb;color:#ffffff;font-weight:600;text-decoration:none">Open the alerts</a></td></tr>
{{ with .Alerts.Firing }}{{ template "__email_list" (dict "title" "Firing" "alerts" .) }}{{ end }}
{{ with .Alerts.Resolved }}{{ template "__email_list" (dict "title" "Resolved" "alerts" .) }}{{ end }}
<tr><td style="padding:10px 0 0;border-top:1px solid #dde2e9;${FONT};font-size:12px;line-height:18px;${DIM}">Sent by <a href="{{ .ExternalURL }}" style="${DIM};text-decoration:underline">Fleetlight</a> to the receiver {{ reReplaceAll "\\\\\\\\(.)" "$1" .Receiver }}.</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
{{ end }}`;

/** For readers without HTML. */
const TEXT = `
{{ define "__email_text_list" }}{{ range . }}
{{ template "__email_headline" . }}
{{ if eq .Status "resolved" }}Resolved {{ .EndsAt.UTC.Format "2 Jan 2006 15:04:05 MST" }}{{ else }}Firing since {{ .StartsAt.UTC.Format "2 Jan 2006 15:04:05 MST" }}{{ end }}
{{ template "__text_pairs" .Labels }}{{ template "__text_pairs" .Annotations }}{{ with .GeneratorURL }}{{ . }}
{{ end }}{{ end }}{{ end }}

{{ define "email.default.text" }}{{ template "email.default.subject" . }}
{{ with .Alerts.Firing }}{{ template "__email_text_list" . }}{{ end -}}
{{ with .Alerts.Resolved }}{{ template "__email_text_list" . }}{{ end }}
{{ template "__alertmanagerURL" . }}
{{ end }}`;

export const EMAIL_TEMPLATES: string = [COLOUR, HEADLINE, ALERT, LIST, PAGE, TEXT].join("\n");
