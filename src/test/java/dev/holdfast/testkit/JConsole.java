package dev.holdfast.testkit;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import javax.net.ssl.SSLContext;

/** By the ways in which JConsole comes to a server. */
public enum JConsole {
    /** From anywhere, through Liberty's REST connector and with Liberty's client for it. */
    REST {
        @Override
        public JMXConnector connect(HoldfastServer server) throws IOException {
            return rest(server, WatchedNode.USER, WatchedNode.PASSWORD);
        }
    },
    /** From the same machine, by attaching to the process. */
    ATTACHED {
        @Override
        public JMXConnector connect(HoldfastServer server) throws IOException {
            try {
                var pid = Long.toString(server.jvm().orElseThrow().pid());
                var jvm = VirtualMachine.attach(pid);
                try {
                    return JMXConnectorFactory.connect(new JMXServiceURL(jvm.startLocalManagementAgent()));
                } finally {
                    jvm.detach();
                }
            } catch (AttachNotSupportedException e) {
                throw new IOException(e);
            }
        }
    },
    /** From the same machine, by the address that Liberty leaves in a file for its owner. */
    LIBERTY_LOCAL {
        @Override
        public JMXConnector connect(HoldfastServer server) throws IOException {
            var address = server.files().resolve("logs/state/com.ibm.ws.jmx.local.address");
            return JMXConnectorFactory.connect(
                    new JMXServiceURL(Files.readString(address).strip()));
        }
    };

    public abstract JMXConnector connect(HoldfastServer server) throws IOException;

    /** @throws IOException if the server does not let this user in */
    public static JMXConnector rest(HoldfastServer server, String user, String password) throws IOException {
        var client = Path.of(System.getProperty("holdfast.wlp"), "clients", "restConnector.jar");
        return JMXConnectorFactory.connect(
                new JMXServiceURL("service:jmx:rest://localhost:" + server.httpsPort() + "/IBMJMXConnectorREST"),
                Map.of(
                        JMXConnector.CREDENTIALS,
                        new String[] {user, password},
                        "jmx.remote.protocol.provider.pkgs",
                        "com.ibm.ws.jmx.connector.client",
                        "jmx.remote.protocol.provider.class.loader",
                        new URLClassLoader(new URL[] {client.toUri().toURL()}),
                        "com.ibm.ws.jmx.connector.client.CUSTOM_SSLSOCKETFACTORY",
                        trusting(server).getSocketFactory()));
    }

    /** Trusts the certificate that the server made for itself, and no other. */
    public static SSLContext trusting(HoldfastServer server) {
        return KeyStores.trusting(server.files().resolve("resources/security/key.p12"), WatchedNode.KEY_STORE_PASSWORD);
    }
}
