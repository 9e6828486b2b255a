{{/* What selectors match by; it never changes for a release. List of the root and the component. */}}
{{- define "tessera.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* Those of a pod: without the chart's version, which would replace pods for nothing. List of the root and the component. */}}
{{- define "tessera.podLabels" -}}
{{- $root := index . 0 -}}
{{- include "tessera.selectorLabels" . }}
app.kubernetes.io/part-of: tessera
{{- if or (hasKey $root.Values.services (index . 1)) (eq (index . 1) "migrate") }}
{{ include "tessera.versionLabel" $root }}
{{- end }}
{{- with $root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tessera.versionLabel" -}}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | trunc 63 | quote }}
{{- end -}}

{{/*
Begins a resource: dict of root, name, component (may be empty) and, if any, annotations and labels of its own, whether it
belongs to a version of Tessera, and whether it is in no namespace.
*/}}
{{- define "tessera.metadata" -}}
metadata:
  name: {{ .name }}
  {{- if not .isOfCluster }}
  namespace: {{ .root.Release.Namespace }}
  {{- end }}
  labels:
    {{- include "tessera.selectorLabels" (list .root .component) | nindent 4 }}
    app.kubernetes.io/part-of: tessera
    {{- if .isVersioned }}
    {{- include "tessera.versionLabel" .root | nindent 4 }}
    {{- end }}
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
    helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
    {{- with .root.Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
