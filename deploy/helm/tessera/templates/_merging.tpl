{{/*
Merges the second dict of the list into the first, in place: dicts key by key, anything else replaces, null takes out.
A block of another `type` replaces as a whole, since its keys are others.
*/}}
{{- define "tessera.mergeInto" -}}
{{- $target := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- $present := get $target $key -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $target $key -}}
{{- else if kindIs "map" $value -}}
{{- if or (not (kindIs "map" $present)) (ne (default (get $present "type") (get $value "type") | toString) (get $present "type" | toString)) -}}
{{- $present = dict -}}
{{- end -}}
{{- include "tessera.mergeInto" (list $present $value) -}}
{{- $_ := set $target $key $present -}}
{{- else -}}
{{- $_ := set $target $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
