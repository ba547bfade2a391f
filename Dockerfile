# A node of Holdfast for an external PostgreSQL. Build the WAR first: mvn -DskipTests pre-integration-test
#   docker run -p 9080:9080 -e HOLDFAST_DB_URL=jdbc:postgresql://db/holdfast -e HOLDFAST_DB_USER=... \
#     -e HOLDFAST_DB_PASSWORD=... -e HOLDFAST_BOOTSTRAP_KEY=... holdfast
# Read-only root: give it --tmpfs /opt/ol/wlp/output --tmpfs /logs --tmpfs /tmp.
FROM icr.io/appcafe/open-liberty:26.0.0.5-kernel-slim-java17-openj9-ubi-minimal

# Configuration first, features after it: a new WAR does not download them again
COPY --chown=1001:0 server-config/server.xml server-config/database.xml /config/
RUN features.sh

# The driver; and what the embedded PostgreSQL is without, as there is no data directory here to keep it in
COPY --chown=1001:0 target/liberty/wlp/usr/servers/holdfast/lib/postgresql.jar \
                    target/liberty/wlp/usr/servers/holdfast/lib/holdfast-embedded-postgres.jar /config/lib/
COPY --chown=1001:0 target/holdfast.war /config/apps/holdfast.war

# Outside of the container somebody else decides who may come in
ENV HOLDFAST_HTTP_HOST=* \
    HOLDFAST_LOG_FORMAT=json

# Checks the configuration and fills the shared class cache
RUN configure.sh

USER 1001
EXPOSE 9080
