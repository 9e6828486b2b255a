{{/* The configuration that every service gets, as YAML: what follows from the other values, and `config` merged over it. */}}
{{- define "tessera.config" -}}
{{- $config := include "tessera.derivedConfig" . | fromYaml -}}
{{- include "tessera.mergeInto" (list $config (deepCopy .Values.config)) -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "tessera.derivedConfig" -}}
{{- $fullname := include "tessera.fullname" . -}}
issuer: {{ quote .Values.issuer }}
{{- if .Values.postgres.inCluster.enabled }}
storage:
  type: postgres
  config:
    host: {{ $fullname }}-postgres
    database: tessera
    user: tessera
    passwordFile: /run/secrets/database/password
    ssl:
      mode: disable
{{- end }}
{{- if .Values.redis.inCluster.enabled }}
ephemeral:
  type: redis
  config:
    host: {{ $fullname }}-redis
    passwordFile: /run/secrets/redis/password
{{- end }}
{{- if .Values.kafka.inCluster.enabled }}
events:
  type: kafka
  config:
    brokers: [{{ $fullname }}-kafka:9092]
{{- else }}
events:
  type: stdout
{{- end }}
keyEncryption:
  file: /run/secrets/key-encryption/key-encryption.key
web:
  http: 0.0.0.0:8080
telemetry:
  http: 0.0.0.0:5558
  {{- with include "tessera.otlpEndpoint" . }}
  otlpEndpoint: {{ . }}
  {{- end }}
logger:
  format: json
rpc:
  tls:
    caFile: /run/secrets/tls/ca.crt
    certFile: /run/secrets/tls/tls.crt
    keyFile: /run/secrets/tls/tls.key
services:
  {{- range $name, $service := include "tessera.services" . | fromYaml }}
  {{- if or $service.http $service.grpc }}
  {{ $name }}:
    {{- if $service.http }}
    http: 0.0.0.0:8080
    {{- end }}
    {{- if $service.grpc }}
    grpc: 0.0.0.0:9090
    addresses: ["{{ $fullname }}-{{ $name }}:9090"]
    {{- end }}
  {{- end }}
  {{- end }}
expiry:
  refreshTokens:
    reuseInterval: 3s
    validIfNotUsedFor: 2160h # 90 days
    absoluteLifetime: 3960h # 165 days
{{- end -}}

{{- define "tessera.otlpEndpoint" -}}
{{- if .Values.otel.endpoint -}}
{{- .Values.otel.endpoint -}}
{{- else if .Values.otel.collector.enabled -}}
http://{{ include "tessera.fullname" . }}-collector:4318
{{- end -}}
{{- end -}}
