{{/* Selects the pods of a component: dict of root and component. */}}
{{- define "tessera.podsOf" -}}
podSelector:
  matchLabels:
    {{- include "tessera.selectorLabels" (list .root .component) | nindent 4 }}
{{- end -}}

{{/* A rule between components: dict of root, direction (`from` or `to`), components and port. */}}
{{- define "tessera.rule" -}}
{{- $root := .root -}}
- {{ .direction }}:
    {{- range .components }}
    - {{- include "tessera.podsOf" (dict "root" $root "component" .) | nindent 6 }}
    {{- end }}
  ports:
    - { protocol: TCP, port: {{ .port }} }
{{- end -}}
