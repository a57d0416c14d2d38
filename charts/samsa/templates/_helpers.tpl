{{/* Names and labels that all templates agree on. */}}
{{- define "samsa.name" -}}
{{- if contains "samsa" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-samsa" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}-operator
{{- end }}

{{- define "samsa.selector" -}}
app.kubernetes.io/name: samsa-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "samsa.labels" -}}
{{ include "samsa.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "samsa.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Whose resources are looked after, one a line; not used when clusterWide. */}}
{{- define "samsa.namespaces" -}}
{{- range (.Values.namespaces | default (list .Release.Namespace)) }}
- {{ . }}
{{- end }}
{{- end }}

{{/* What the operator may do in the namespaces that it looks after. */}}
{{- define "samsa.rules" -}}
- apiGroups: [samsa.io]
  resources: [kafkaclusters, kafkatopics, kafkausers]
  verbs: [get, list, watch, patch, update]
- apiGroups: [samsa.io]
  resources: [kafkaclusters/status, kafkatopics/status, kafkausers/status]
  verbs: [get, patch, update]
- apiGroups: [samsa.io]
  resources: [kafkaclusters/finalizers, kafkatopics/finalizers, kafkausers/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods, services, secrets, serviceaccounts, persistentvolumeclaims]
  verbs: [get, list, watch, create, patch, update, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, update, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, update, delete]
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
