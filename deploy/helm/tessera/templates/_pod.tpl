{{/* What the `restricted` Pod Security Standard asks of a pod, with its user id. */}}
{{- define "tessera.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* The same of a container. */}}
{{- define "tessera.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Spreads pods over zones and nodes: list of the root and the component. */}}
{{- define "tessera.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    # Each version by itself, so that those that are about to go do not count.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "tessera.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{- define "tessera.ownImage" -}}
image: {{ include "tessera.image" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end -}}

{{/* List of the root and an image of others. */}}
{{- define "tessera.otherImage" -}}
image: {{ include "tessera.image" (dict "image" (index . 1)) }}
{{- with (index . 0).Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end -}}

{{- define "tessera.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Replaces pods when the configuration changes, which they read when they start; what Secrets hold is read again by itself. */}}
{{- define "tessera.configChecksum" -}}
checksum/config: {{ include "tessera.config" . | sha256sum }}
{{- end -}}

{{/* Volumes of a service: list of the root, the service's name, and the keys in `secrets` that it mounts. */}}
{{- define "tessera.volumes" -}}
{{- $root := index . 0 -}}
- name: config
  configMap:
    name: {{ include "tessera.fullname" $root }}-config
- name: tls
  secret:
    secretName: {{ include "tessera.certificateSecret" (list $root (index . 1)) }}
    defaultMode: 0440
# The working directory, which the image declares as a volume: nothing is kept there.
- name: state
  emptyDir:
    sizeLimit: 16Mi
{{- range $key := index . 2 }}
{{ include "tessera.secretVolume" (list $root $key) }}
{{- end }}
{{- end -}}

{{/* A Secret as a volume: list of the root and its key in `secrets`. */}}
{{- define "tessera.secretVolume" -}}
- name: {{ kebabcase (index . 1) }}
  secret:
    secretName: {{ include "tessera.secretName" . }}
    defaultMode: 0440
    {{- if has (index . 1) (list "clients" "connectors" "kafka") }}
    optional: true
    {{- end }}
{{- end -}}

{{/* Where they are mounted: list of the keys in `secrets`. */}}
{{- define "tessera.volumeMounts" -}}
- name: config
  mountPath: /etc/tessera
  readOnly: true
- name: tls
  mountPath: /run/secrets/tls
  readOnly: true
- name: state
  mountPath: /var/lib/tessera
{{- range . }}
- name: {{ kebabcase . }}
  mountPath: /run/secrets/{{ kebabcase . }}
  readOnly: true
{{- end }}
{{- end -}}
