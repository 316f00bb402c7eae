#!/bin/sh
# certbot's deploy hook: certbot certonly ... --deploy-hook /opt/stellr/deploy/server/certbot-hook.sh
# Copies the certificate to where Envoy watches, readable by the group of the containers (10001).
# Each file is moved to its name, since that is what Envoy watches for, the key before the certificate.
set -eu
target=${STELLR_TLS_DIR:-/etc/stellr/tls}
install -d -m 0750 -g 10001 "$target"
for file in privkey.pem fullchain.pem; do
    install -m 0640 -g 10001 "$RENEWED_LINEAGE/$file" "$target/.$file"
    mv "$target/.$file" "$target/$file"
done
