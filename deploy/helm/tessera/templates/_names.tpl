{{/* Name of this installation, which every resource's name begins with: `tessera` for the release `tessera`, `login-tessera` for `login`. */}}
{{- define "tessera.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of a Secret: list of the root and its key in `secrets`. */}}
{{- define "tessera.secretName" -}}
{{- $root := index . 0 -}}
{{- default (printf "%s-%s" (include "tessera.fullname" $root) (kebabcase (index . 1))) (index $root.Values.secrets (index . 1)) -}}
{{- end -}}

{{/* Name of the Secret with the certificate of a service: list of the root and the service. */}}
{{- define "tessera.certificateSecret" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $fallback := printf "%s-%s-tls" (include "tessera.fullname" $root) $service -}}
{{- if eq $root.Values.certificates.source "existing" -}}
{{- default $fallback (index $root.Values.certificates.existing $service) -}}
{{- else -}}
{{- $fallback -}}
{{- end -}}
{{- end -}}

{{/* An image with its digest when one is given, else its tag: dict of image and tag. */}}
{{- define "tessera.image" -}}
{{- $image := .image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .tag $image.tag | toString) -}}
{{- end -}}
{{- end -}}
