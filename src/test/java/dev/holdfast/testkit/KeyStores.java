package dev.holdfast.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Key stores as an administrator makes them, with the tools that come with Java and with Liberty. */
public final class KeyStores {
    private static final String ALIAS = "default";

    private KeyStores() {}

    /** A new key store with a certificate for this machine. */
    public static Path made(Path file, String password) {
        try {
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            said(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    ALIAS,
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "san=dns:localhost,ip:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    password,
                    "-keystore",
                    file.toString());
            return file;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The password as a configuration may hold it, for who knows the key. */
    static String aes(String password, String key) {
        var utility = Path.of(System.getProperty("holdfast.wlp"), "bin", "securityUtility");
        return said(utility.toString(), "encode", "--encoding=aes", "--key=" + key, password);
    }

    /** Trusts the certificate in this key store, and no other. */
    public static SSLContext trusting(Path keyStore, String password) {
        try (var in = Files.newInputStream(keyStore)) {
            var own = KeyStore.getInstance("PKCS12");
            own.load(in, password.toCharArray());
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("server", own.getCertificate(ALIAS));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Shows the certificate in this key store. */
    public static SSLContext having(Path keyStore, String password) {
        try (var in = Files.newInputStream(keyStore)) {
            var own = KeyStore.getInstance("PKCS12");
            own.load(in, password.toCharArray());
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, password.toCharArray());
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String said(String... command) {
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            var process = builder.start();
            var output = new String(process.getInputStream().readAllBytes()).strip();
            if (process.waitFor() != 0) {
                throw new IllegalStateException(List.of(command) + ": " + output);
            }
            return output.lines().reduce((before, last) -> last).orElse("");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
