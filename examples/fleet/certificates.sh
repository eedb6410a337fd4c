#!/bin/sh
# certificates.sh FOLDER HOST...: an authority, and a certificate for each node of etcd, one for the hosts that
# run cms-oauth, and the pair of keys that signs etcd's sessions. Run it on a machine that is safe, once; keep
# FOLDER, whose ca.key can issue more. An authority of your own works too: see README.md for what must be in a certificate.
set -eu
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"
days=3650

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" -subj '/CN=etcd of cms-oauth' \
  -keyout ca.key -out ca.pem 2> openssl.log

# issue NAME EXTENSIONS: without a CommonName, since etcd's gateway refuses a client that has one.
issue() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/O=cms-oauth' -keyout "$1.key" -out "$1.csr" 2>> openssl.log
  printf '%s\n' "$2" > "$1.extensions"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" -extfile "$1.extensions" -out "$1.pem" 2>> openssl.log
  rm "$1.csr" "$1.extensions"
}
for host; do
  # clientAuth too: a node's gateway is a client of the node, and nodes are clients of each other.
  issue "$host" "extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:$host,DNS:localhost,IP:127.0.0.1"
done
issue client 'extendedKeyUsage=clientAuth'

openssl ecparam -name prime256v1 -genkey -noout -out jwt.key
openssl ec -in jwt.key -pubout -out jwt.pub 2>> openssl.log
rm openssl.log
