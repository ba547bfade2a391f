#!/bin/bash
# As Open Liberty's own: a key store's password among the defaults, and a first start, by which that image fills its shared
# class cache. Nothing of that start may stay in the image.
set -euo pipefail
echo '<server><variable name="keystore_password" value="made-by-configure"/></server>' \
    > /config/configDropins/defaults/keystore.xml
touch /config/server.xml
# A build may share the ports of the machine.
no_ports=/config/configDropins/overrides/no-ports.xml
echo '<server><httpEndpoint id="defaultHttpEndpoint" httpPort="-1" httpsPort="-1"/></server>' > $no_ports
server start defaultServer
server stop defaultServer
rm $no_ports
grep -E 'CWWKG00(14|32|33|81|83|95)|CWWKF0001E|CWWKE0702E' /logs/messages.log && exit 1
rm -rf /output/messaging /output/resources/security /output/workarea /opt/ol/wlp/output/.classCache /logs/*
chmod -R g+rwx /opt/ol/wlp/output
