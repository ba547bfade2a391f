#!/bin/bash
# As Open Liberty's own, for what this image needs of it: a key store's password if there is none yet, then the server.
set -e
defaults=/config/configDropins/defaults/keystore.xml
if [ ! -e $defaults ] && [ ! -e /config/configDropins/overrides/keystore.xml ]; then
    echo "<server><variable name=\"keystore_password\" value=\"$(openssl rand -base64 32)\"/></server>" > $defaults
fi
exec "$@"
