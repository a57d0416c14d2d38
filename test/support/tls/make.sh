#!/usr/bin/env bash
# Makes the certificates that tests use, valid for a hundred years: two authorities (`ca`, `ca2`), a
# server's certificate of each, for localhost, and clients `alice` and `bob` of the first. Each .pem
# but those of authorities holds a private key, its certificate and nothing worth protecting.
set -euo pipefail
cd "$(dirname "$0")"
days=36500
curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
authority() {
  openssl req -x509 "${curve[@]}" -keyout "$1.key" -out "$1.pem" -days $days -subj "/CN=$1"
}
leaf() { # NAME AUTHORITY SUBJECT EXTENSION
  openssl req "${curve[@]}" -keyout leaf.key -out leaf.csr -subj "$3"
  openssl x509 -req -in leaf.csr -CA "$2.pem" -CAkey "$2.key" -days $days -out leaf.crt \
    -extfile <(echo "$4")
  cat leaf.key leaf.crt > "$1.pem"
}
authority ca
authority ca2
server='subjectAltName=DNS:localhost,IP:127.0.0.1'
leaf server ca '/O=Samsa/CN=server' "$server"
leaf server2 ca2 '/O=Samsa/CN=server2' "$server"
client='extendedKeyUsage=clientAuth'
leaf alice ca '/C=DE/O=Samsa, Inc/OU=Bugs/CN=alice' "$client"
leaf bob ca '/CN=bob' "$client"
rm -f leaf.* ca.key ca2.key ca.srl ca2.srl
