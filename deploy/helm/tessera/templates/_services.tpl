{{/* The table of services (files/services.yaml), each with its effective settings, as YAML. */}}
{{- define "tessera.services" -}}
{{- $root := . -}}
{{- $services := dict -}}
{{- range $name, $service := .Files.Get "files/services.yaml" | fromYaml -}}
{{- $settings := dict -}}
{{- range $layer := list $root.Values.everyService (get $root.Values.services $name) -}}
{{- include "tessera.mergeInto" (list $settings (default dict $layer | deepCopy)) -}}
{{- end -}}
{{- $_ := set $services $name (merge $service (dict "settings" $settings "calls" list "secrets" list "http" false "grpc" false "upstreams" false)) -}}
{{- end -}}
{{- toYaml $services -}}
{{- end -}}
