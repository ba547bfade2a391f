package dev.holdfast.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Playwright.CreateOptions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A person at the console, in a real browser: Debian's Chromium, one for all tests of a JVM. All people log in at one node,
 * whose tenant of people is a test's own.
 */
public final class Desk implements AutoCloseable {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final String TENANT = "people of the console " + UUID.randomUUID();

    /** What the machine's Chromium needs when it runs as root, without a screen and without a way out. */
    private static final List<String> FLAGS = List.of(
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");

    private static HoldfastServer node;
    private static Browser browser;

    private final BrowserContext context;
    private final Page page;

    private Desk(BrowserContext context) {
        this.context = context;
        this.page = context.newPage();
        page.setDefaultTimeout(30_000);
    }

    /** The node at which people log in; it and the tenant live as long as the tests. */
    public static synchronized HoldfastServer node() {
        if (node == null) {
            node = Cluster.newNode("console")
                    .withSample("people.xml")
                    .with("HOLDFAST_PEOPLE_TENANT", TENANT)
                    .with("HOLDFAST_ADMIN_PASSWORD", password("administrator"));
            for (var person : List.of("operator", "approver", "viewer")) {
                node.with("HOLDFAST_" + person.toUpperCase(java.util.Locale.ROOT) + "_PASSWORD", password(person));
            }
            node.start();
        }
        return node;
    }

    /** A tenant of a test's own, whose people are all that log in from now on. */
    public static Tenant tenant() {
        node();
        var rows = Rows.ofCluster();
        rows.change("update tenants set name = 'once ' || id where name = ?", TENANT);
        var tenant = Tenant.newOn(node, rows);
        rows.change("update tenants set name = ? where id = ?", TENANT, tenant.id());
        return tenant;
    }

    public static Api as(String person) {
        return Api.at(node().uri()).withLogin(person, password(person));
    }

    /** A browser of its own, with nobody logged in. Where there is no Chromium the test is skipped, but never in CI. */
    public static Desk open(Look look) {
        return new Desk(browser()
                .newContext(new Browser.NewContextOptions()
                        .setBaseURL(node().uri().toString())
                        .setViewportSize(look.width(), look.height())
                        .setColorScheme(look.dark() ? ColorScheme.DARK : ColorScheme.LIGHT)
                        .setReducedMotion(ReducedMotion.REDUCE)
                        .setTimezoneId("Asia/Kolkata")));
    }

    public static Desk open() {
        return open(Look.WIDE);
    }

    /** @param dark which theme the person prefers */
    public record Look(int width, int height, boolean dark) {
        public static final Look WIDE = new Look(1280, 860, false);
        public static final Look DARK = new Look(1280, 860, true);
        public static final Look NARROW = new Look(320, 720, false);
        public static final Look NARROW_DARK = new Look(320, 720, true);
    }

    public Desk logIn(String person) {
        page.navigate("/console/login");
        return fillIn(person);
    }

    /** Fills in the login that is shown. */
    public Desk fillIn(String person) {
        send(person);
        page.waitForURL(url -> !url.contains("/login"));
        return this;
    }

    /** The same where something had been typed when the session ended: what comes shows it, at the login's address. */
    public Desk fillInAgain(String person) {
        send(person);
        page.getByText("Send it now").waitFor();
        return this;
    }

    private void send(String person) {
        page.getByLabel("Name").fill(person);
        page.getByLabel("Password").fill(password(person));
        page.getByLabel("Password").press("Enter");
    }

    public Desk go(String path) {
        page.navigate("/console" + path);
        return this;
    }

    public Page page() {
        return page;
    }

    /** Presses keys, one after the other. */
    public Desk press(String... keys) {
        for (var key : keys) {
            page.keyboard().press(key);
        }
        return this;
    }

    /** Presses Tab until something of this name has the focus, as somebody without a mouse would. */
    public Desk tabTo(String name) {
        for (int i = 0; i < 200; i++) {
            page.keyboard().press("Tab");
            if (name.equals(
                    page.evaluate(
                            "() => { const e = document.activeElement;"
                                    + " return (e.labels?.[0]?.innerText ?? e.ariaLabel ?? e.innerText ?? '').trim().split('\\n')[0] }"))) {
                return this;
            }
        }
        throw new AssertionError("no way by Tab to " + name + " on " + page.url());
    }

    /**
     * What axe has against the page: each rule with the elements that break it. In its mode for pages without frames, as all
     * of ours are: the other one opens a second page for each, and takes four times as long.
     */
    public List<String> barriers() {
        return new AxeBuilder(page)
                .setLegacyMode(true).analyze().getViolations().stream()
                        .flatMap(rule -> rule.getNodes().stream()
                                .map(node -> rule.getId() + ": " + node.getHtml() + " " + node.getFailureSummary()))
                        .toList();
    }

    /** Whether the page is wider than the window, so that it would have to be pushed to and fro. */
    public boolean isTooWide() {
        return (boolean)
                page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth");
    }

    /** Fails if axe finds anything, or the page is wider than the window; with a picture for people. */
    public Desk holds(String name) {
        picture(name);
        if (isTooWide() || !barriers().isEmpty()) {
            throw new AssertionError(name + (isTooWide() ? " is too wide; " : "; ") + barriers());
        }
        return this;
    }

    /** Sends a form that no page has, as a script of our own page could: with its token, unless another is given. */
    public int post(String path, Map<String, String> fields) {
        return (int) page.evaluate("""
                async ([path, fields]) => {
                  const token = document.querySelector("[name=token]").value;
                  const reply = await fetch("/console" + path, {
                    method: "POST", body: new URLSearchParams({ token, ...fields }), redirect: "manual" });
                  return reply.status;
                }""", List.of(path, fields));
    }

    /** A picture of the page in {@code target/console}, for people. */
    public void picture(String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(Path.of("target/console/" + name + ".png"))
                .setFullPage(true));
    }

    /** A picture for the README, of what fits into the window; {@code -Dconsole.pictures} says where to put it. */
    public void portrait(String name) {
        page.setViewportSize(1120, 700);
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(Path.of(System.getProperty("holdfast.console.pictures", "target/console"), name + ".png")));
    }

    @Override
    public void close() {
        context.close();
    }

    private static synchronized Browser browser() {
        if (browser == null) {
            var missing = missing();
            if (missing != null && System.getenv("CI") != null) {
                throw new AssertionError("CI lacks " + missing);
            }
            assumeTrue(missing == null, "the console is not tested here, since there is no " + missing);
            var playwright =
                    Playwright.create(new CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
            TestRun.atEnd(playwright::close);
            browser = playwright
                    .chromium()
                    .launch(new LaunchOptions().setExecutablePath(CHROMIUM).setArgs(FLAGS));
        }
        return browser;
    }

    private static String missing() {
        if (!Files.isExecutable(CHROMIUM)) {
            return CHROMIUM.toString();
        }
        try {
            Class.forName("com.microsoft.playwright.impl.driver.jar.DriverJar");
            return null;
        } catch (ClassNotFoundException e) {
            return "driver of it: mvn -Pconsole brings one";
        }
    }

    public static String password(String person) {
        return "the-password-of-" + person;
    }
}
