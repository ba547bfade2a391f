package dev.holdfast.webhook;

import dev.holdfast.webhook.Attempt.Outcome;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Sends one message to one address: no redirect is followed, no proxy asked, no cookie kept, and nothing tried again. Its
 * whole time is bounded, however slowly the receiver talks.
 */
@ApplicationScoped
class Sender {
    /** Of one attempt, after its name has been resolved. */
    static final Duration LONGEST = Duration.ofSeconds(15);

    private static final Timeout CONNECT = Timeout.ofSeconds(5);
    private static final TimeValue KEPT = TimeValue.ofSeconds(30);
    private static final int MOST_BYTES = 2_000;
    private static final int SHOWN_BYTES = 200;

    private final Gate gate;
    private final SSLContext trust;
    private final Duration longest;
    private CloseableHttpClient client;

    @Resource(lookup = "java:comp/DefaultManagedScheduledExecutorService")
    ScheduledExecutorService timer;

    protected Sender() { // for the proxy
        this(null, null, LONGEST);
    }

    @Inject
    Sender(Gate gate) {
        this(gate, trust(), LONGEST);
    }

    Sender(Gate gate, SSLContext trust, Duration longest) {
        this.gate = gate;
        this.trust = trust;
        this.longest = longest;
    }

    @PostConstruct
    void open() {
        var connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(new NobodyAsksAgain())
                .setTlsSocketStrategy(new DefaultClientTlsStrategy(trust))
                .setMaxConnTotal(1_000)
                .setMaxConnPerRoute(1_000)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(CONNECT)
                        .setSocketTimeout(Timeout.of(LONGEST))
                        .setTimeToLive(KEPT)
                        .setValidateAfterInactivity(TimeValue.ofSeconds(1))
                        .build())
                .build();
        client = HttpClientBuilder.create()
                .setConnectionManager(connections)
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setResponseTimeout(Timeout.of(LONGEST))
                        .setProtocolUpgradeEnabled(false)
                        .build())
                .setUserAgent("Holdfast")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
    }

    @PreDestroy
    void close() {
        client.close(CloseMode.IMMEDIATE);
    }

    Attempt send(String url, Map<String, String> headers, String body) {
        long began = System.nanoTime();
        try {
            var uri = gate.checked(url);
            return send(uri, gate.open(uri), headers, body, began);
        } catch (Gate.Refused e) {
            return new Attempt(Outcome.REFUSED, null, since(began), "The URL " + e.getMessage() + ".", null);
        }
    }

    private Attempt send(URI uri, InetAddress address, Map<String, String> headers, String body, long began) {
        var request = new HttpPost(uri);
        headers.forEach(request::setHeader);
        request.setEntity(new StringEntity(body, ContentType.APPLICATION_JSON));
        var end = timer.schedule(request::cancel, longest.toMillis(), TimeUnit.MILLISECONDS);
        var host = new HttpHost(uri.getScheme(), address, Gate.host(uri), uri.getPort());
        try {
            return attempt(client.executeOpen(host, request, null), began);
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            return new Attempt(Outcome.FAILED, null, since(began), words(e, request.isCancelled()), null);
        } finally {
            end.cancel(false);
            request.cancel(); // drops the connection of an answer that was not read to its end; others keep theirs
        }
    }

    private static Attempt attempt(ClassicHttpResponse answer, long began) {
        int status = answer.getCode();
        boolean good = status >= 200 && status < 300;
        var outcome = good ? Outcome.DELIVERED : status == 410 ? Outcome.GONE : Outcome.FAILED;
        var said = beginning(answer);
        return new Attempt(outcome, status, since(began), good ? null : said, RetryAfter.of(answer));
    }

    /** Of what the receiver says to people who look for the fault; whether it was taken, its status has said. */
    private static String beginning(ClassicHttpResponse answer) {
        try {
            var bytes = answer.getEntity() == null
                    ? new byte[0]
                    : answer.getEntity().getContent().readNBytes(MOST_BYTES);
            var text = new String(bytes, 0, Math.min(bytes.length, SHOWN_BYTES), StandardCharsets.UTF_8)
                    .replaceAll("\\p{C}+", " ")
                    .strip();
            return text.isEmpty() ? null : text;
        } catch (IOException e) {
            return null;
        }
    }

    private static String words(Exception e, boolean cancelled) {
        if (cancelled || e instanceof InterruptedIOException) {
            return "There was no answer in time.";
        }
        if (e instanceof SSLException) {
            return "No secure connection could be made: the certificate, or its name, is not good.";
        }
        return e instanceof ConnectException ? "The connection was refused." : "The connection broke.";
    }

    private static Duration since(long began) {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** What Java itself trusts, whatever Liberty is told. */
    private static SSLContext trust() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    /** The address comes with the request: a name that were resolved a second time might lead elsewhere. */
    private static final class NobodyAsksAgain implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            throw new UnknownHostException("the address was to be given");
        }

        @Override
        public String resolveCanonicalHostname(String host) throws UnknownHostException {
            throw new UnknownHostException("the address was to be given");
        }
    }
}
