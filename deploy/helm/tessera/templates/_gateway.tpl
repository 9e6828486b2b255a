{{/*
nginx as the gateway: files/nginx.conf, made from the route table, for the issuer's path and this installation's names. It
asks `Template`, as it is rendered by `tpl`.
*/}}
{{- define "tessera.nginxConfiguration" -}}
{{- $issuer := urlParse .Values.issuer -}}
{{- tpl (.Files.Get "files/nginx.conf") (dict
  "basePath" $issuer.path
  "basePathPattern" (regexQuoteMeta $issuer.path)
  "authority" $issuer.host
  "hostname" $issuer.hostname
  "fullname" (include "tessera.fullname" .)
  "Template" .Template) -}}
{{- end -}}
