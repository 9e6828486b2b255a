{{/* What values have to say together; the schema has checked each by itself. Ends the rendering with a message. */}}
{{- define "tessera.requirements" -}}
{{- if not .Values.issuer -}}
{{- fail "issuer is required: the URL under which applications and browsers see this installation, such as https://id.example.com" -}}
{{- end -}}
{{- $config := include "tessera.config" . | fromYaml -}}
{{- range $block, $trial := dict "storage" "postgres" "ephemeral" "redis" -}}
{{- if not (get $config $block) -}}
{{- fail (printf "config.%s is required: where state lives. For a trial, %s.inCluster.enabled runs it here" $block $trial) -}}
{{- end -}}
{{- end -}}
{{- if .Values.firstSecrets.enabled -}}
{{- if ne .Values.certificates.source "firstSecrets" -}}
{{- fail (printf "firstSecrets.enabled makes certificates as well: certificates.source has to be firstSecrets, not %s" .Values.certificates.source) -}}
{{- end -}}
{{- range $key := list "keyEncryption" "database" "redis" -}}
{{- if index $.Values.secrets $key -}}
{{- fail (printf "firstSecrets.enabled makes Secrets with names of its own: leave secrets.%s out" $key) -}}
{{- end -}}
{{- end -}}
{{- else if eq .Values.certificates.source "firstSecrets" -}}
{{- fail "certificates.source is firstSecrets: firstSecrets.enabled has to be true" -}}
{{- end -}}
{{- range $store := list "redis" "kafka" -}}
{{- if and (index $.Values.networkPolicies $store) (index $.Values $store).inCluster.enabled -}}
{{- fail (printf "networkPolicies.%s is for one elsewhere: leave it out with %s.inCluster.enabled" $store $store) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.exampleApp.enabled (not .Values.gatewayNginx.enabled) -}}
{{- fail "exampleApp.enabled needs gatewayNginx.enabled: it runs in the gateway's pods" -}}
{{- end -}}
{{- end -}}
