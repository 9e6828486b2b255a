{{/*
Full path of a route of files/routes.yaml below the issuer's path; empty where there is none. Dict of route and issuerPath.
*/}}
{{- define "tessera.routePath" -}}
{{- if not .route.atRoot -}}
{{- default "/" (printf "%s%s" .issuerPath .route.path) -}}
{{- else if .issuerPath -}}
{{- printf "%s%s" .route.path .issuerPath -}}
{{- end -}}
{{- end -}}

{{- define "tessera.issuerHost" -}}
{{- get (urlParse .Values.issuer) "hostname" -}}
{{- end -}}

{{/* Empty, or begins with a slash. */}}
{{- define "tessera.issuerPath" -}}
{{- get (urlParse .Values.issuer) "path" -}}
{{- end -}}
